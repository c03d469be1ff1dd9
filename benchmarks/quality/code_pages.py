"""Is text in the encodings of the time before Unicode read right: how many articles of ntrex are not, whole and their beginnings?

Each article of ntrex below ``--data`` is written in the encodings of its language, without the characters that these lack, and decoded.
"wrong" counts articles of which any character is another one or that are refused, "remarks" those with the remark that the encoding is
guessed.
"""

from __future__ import annotations

from pathlib import Path

from script import json_lines, parser_of, save

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import decode_with_remark

WRITTEN = {
    "fr": ("cp1252", "iso-8859-15", "cp850", "mac_roman"), "de": ("cp1252", "iso-8859-15", "cp850", "mac_roman"),
    "es": ("cp1252", "iso-8859-15", "cp850", "mac_roman"), "pt": ("cp1252", "iso-8859-15", "cp850", "mac_roman"),
    "tr": ("cp1254",), "ru": ("cp1251", "koi8-r"), "ja": ("shift_jis", "euc-jp"), "zh": ("gb18030", "big5"), "ar": ("cp1256",),
}  # fmt: skip
LENGTHS = {"whole": None, "300 characters": 300, "80 characters": 80, "25 characters": 25}


def counts(texts: list[str], encoding: str) -> dict[str, int]:
    """How many of ``texts`` are not ASCII, and what becomes of these."""
    found = {"files": 0, "wrong": 0, "remarks": 0}
    for text in texts:
        content = text.encode(encoding, "ignore")
        if content.isascii():
            continue
        try:
            read, remark = decode_with_remark(content)
        except SourceError:
            read, remark = "", ""
        found = {
            "files": found["files"] + 1,
            "wrong": found["wrong"] + (read != content.decode(encoding)),
            "remarks": found["remarks"] + bool(remark),
        }
    return found


def main() -> None:
    parser = parser_of(__doc__, "--data")
    options = parser.parse_args()
    folder = Path(options.data or ".") / "ntrex"
    results = {}
    for language, encodings in WRITTEN.items():
        texts = [f"{row['title']}\n\n{row['text']}" for row in json_lines(folder / language / "corpus.jsonl")]
        for encoding in encodings:
            for name, length in LENGTHS.items():
                found = results[f"{language} {encoding} {name}"] = counts([text[:length] for text in texts], encoding)
                print(f"{language} {encoding:12} {name:15} {found['wrong']:4} of {found['files']} wrong, {found['remarks']} remarks")
    save(options.json, results)


if __name__ == "__main__":
    main()
