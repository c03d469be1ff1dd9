"""How much text is in sentences that are too long to be shown as an answer? And how fast are sentences found?

Each FOLDER is a collection in BEIR format; the language is the folder's name where that has two letters, else English.
"""

from __future__ import annotations

import time
from pathlib import Path

from beir import load
from script import parser_of, save

from newsdex.records import Span
from newsdex.sentences import split_sentences

LONG = 400


def measure(folder: Path) -> dict[str, float]:
    """The figures of one collection."""
    language = folder.name if len(folder.name) == 2 else "en"
    texts = [document["text"] for document in load(folder).documents]
    began = time.process_time()
    lengths = [len(sentence) for text in texts for sentence in split_sentences(text, Span(0, len(text)), language)]
    seconds = time.process_time() - began
    return {
        "sentences": len(lengths),
        "mean": round(sum(lengths) / len(lengths), 1),
        "share_in_long": round(sum(length for length in lengths if length > LONG) / sum(lengths), 4),
        "longest": max(lengths),
        "characters_a_second": round(sum(map(len, texts)) / seconds),
    }


def main() -> None:
    arguments = parser_of(__doc__, "folders").parse_args()
    results = {}
    for folder in arguments.folders:
        results["/".join(folder.absolute().parts[-2:])] = result = measure(folder)
        print(folder, result)
    save(arguments.json, {"results": results}, "sentencex")


if __name__ == "__main__":
    main()
