"""How well, and how fast, are web pages read? newsdex beside trafilatura alone, page by page in turn.

FOLDER has a folder for each page, with `source.html`, `expected.html` (the article) and `expected-metadata.json` (`title`,
`publishedTime`), as the test pages of Mozilla's Readability have them. `f1` is the mean over the pages of the harmonic mean of precision
and recall of the words, counted as often as they occur. `title`: the share of known titles that are given to the letter, case and signs
aside, or else without what stands after or before a separator, such as the name of the site. `date`: the share of known dates that are
given to the day; `dated`: of all pages, how many have any date. `pages/s`: per CPU second of one core, from the bytes, everything included;
the best of the rounds for each page. `MB/s` is the same by the bytes of the pages, and `middle pages/s` that of the half of the pages that
are neither among the quarter that is smallest nor the quarter that is largest.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trafilatura
from lxml import html
from script import parser_of, save

from newsdex.indexer.readers import FORMATS
from newsdex.indexer.source import Source
from newsdex.records import Article

ROUNDS = 3
_WORD = re.compile(r"\w+")
_SEPARATOR = re.compile(r"\s+[|\-\u2013\u2014\u00b7:]+\s+|\s*_\s*|\s+::\s+")


@dataclass(frozen=True)
class Found:
    """What was found in a page."""

    text: str = ""
    title: str = ""
    date: str = ""


Extract = Callable[[Path, bytes], Found]


def newsdex(path: Path, _: bytes) -> Found:
    article = next((item for item in FORMATS[".html"].read(Source(path, path.name)) if isinstance(item, Article)), None)
    return Found(article.text, article.title, article.published.iso if article.published else "") if article else Found()


def library(**settings: Any) -> Extract:
    """Trafilatura with these settings."""

    def extract(_: Path, content: bytes) -> Found:
        found = trafilatura.bare_extraction(content, **settings)
        return Found(found.text or "", found.title or "", found.date or "") if found else Found()

    return extract


WAYS: dict[str, Extract] = {
    "newsdex": newsdex,
    "trafilatura": library(with_metadata=True, include_comments=False),
    "trafilatura, fast": library(with_metadata=True, include_comments=False, fast=True),
    "trafilatura, fast, text only": library(with_metadata=False, include_comments=False, fast=True),
}


def words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))


def f1(found: str, expected: str) -> float:
    a, b = words(found), words(expected)
    both = (a & b).total()
    return 2 * both / (a.total() + b.total()) if a.total() + b.total() else 1.0


def same_title(found: str, expected: str) -> bool:
    """Whether the titles are the same, or one is the other without the name of the site."""
    forms = [{" ".join(words(part)) for part in (title, *_SEPARATOR.split(title))} for title in (found, expected)]
    whole = [" ".join(words(title)) for title in (found, expected)]
    return bool(whole[0]) and (whole[0] in forms[1] or whole[1] in forms[0] or whole[1].startswith(whole[0] + " "))


def visible(content: str) -> str:
    tree = html.fromstring(content or "<p></p>")
    for element in tree.xpath("//script|//style"):
        element.drop_tree()
    return " ".join(tree.itertext())


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    pages = sorted(path for path in arguments.folder.iterdir() if (path / "source.html").exists())
    for extract in WAYS.values():  # imports, and tables that are made once
        extract(pages[0] / "source.html", (pages[0] / "source.html").read_bytes())
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    found: dict[str, list[Found]] = {name: [] for name in WAYS}
    for page in pages:
        path = page / "source.html"
        content = path.read_bytes()
        best = dict.fromkeys(WAYS, float("inf"))
        for turn in range(ROUNDS * len(WAYS)):
            name = list(WAYS)[(turn + turn // len(WAYS)) % len(WAYS)]
            began = time.process_time()
            result = WAYS[name](path, content)
            best[name] = min(best[name], time.process_time() - began)
            if turn < len(WAYS):
                found[name].append(result)
        for name, spent in best.items():
            seconds[name].append(spent)
    truths = [json.loads((page / "expected-metadata.json").read_text(encoding="utf-8")) for page in pages]
    texts = [visible((page / "expected.html").read_text(encoding="utf-8")) for page in pages]
    sizes = [(page / "source.html").stat().st_size for page in pages]
    middle = sorted(range(len(pages)), key=sizes.__getitem__)[len(pages) // 4 : -(len(pages) // 4)]
    results = []
    for name in WAYS:
        titles = [same_title(f.title, t["title"]) for f, t in zip(found[name], truths, strict=True) if t.get("title")]
        dates = [f.date[:10] == t["publishedTime"][:10] for f, t in zip(found[name], truths, strict=True) if t.get("publishedTime")]
        results.append({
            "way": name, "pages": len(pages), "kB a page": round(sum(sizes) / len(pages) / 1000),
            "f1": round(sum(f1(f.text, text) for f, text in zip(found[name], texts, strict=True)) / len(pages), 4),
            "title": f"{sum(titles)}/{len(titles)}", "date": f"{sum(dates)}/{len(dates)}", "dated": sum(bool(f.date) for f in found[name]),
            "pages/s": round(len(pages) / sum(seconds[name]), 1), "median ms": round(1000 * sorted(seconds[name])[len(pages) // 2], 1),
            "MB/s": round(sum(sizes) / sum(seconds[name]) / 1e6, 1),
            "middle kB a page": round(sum(sizes[n] for n in middle) / len(middle) / 1000),
            "middle pages/s": round(len(middle) / sum(seconds[name][n] for n in middle), 1),
        })  # fmt: skip
        print(results[-1], flush=True)
    save(arguments.json, {"collection": arguments.folder.name, "results": results}, "trafilatura", "lxml", "htmldate")


if __name__ == "__main__":
    main()
