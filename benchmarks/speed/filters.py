"""What does a filter cost in a large archive, whether one article meets it or all? Beside it SQLite, with an index for each field.

The archive is made up: articles of five passages with vectors of eight dimensions, which no filter looks at, written by the store itself.
"cold" opens the segments anew, as a shell command does, with the files in the system's cache; "warm" asks segments that are open, as a
server does. Both end with the positions of the passages.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from script import describe, parser_of, save

from newsdex.records import Article, Published, Span
from newsdex.search.question.filters import matching_articles, parse_filter
from newsdex.store.manifest import SegmentRecord
from newsdex.store.segment import Entry, FileSegment, Segment, write_segment

PASSAGES = 5
DIMENSION = 8
SEGMENT_ARTICLES = 65_536 // PASSAGES
TEXT = "A ferry ran aground. Nobody was hurt. The captain spoke. The sea was calm. Boats came. "
FIRST = date(2000, 1, 1)
BASE = Path("/archive")

# Name, filter, the same for SQLite. The numbers are those of the default 200,000 articles.
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("id of one article", {"type": "eq", "key": "id", "value": "a0123456"}, "id = 'a0123456'"),
    ("metadata of one article", {"type": "eq", "key": "number", "value": "123456"}, "number = '123456'"),
    ("one file", {"type": "glob", "key": "path", "value": "news/0123456.md"}, "path GLOB 'news/0123456.md'"),
    ("one day", {"type": "eq", "key": "published", "value": "2010-06-15"}, "last >= 733938 AND first <= 733938"),
    ("one source of 200", {"type": "eq", "key": "source", "value": "source 77"}, "source = 'Source 77'"),
    ("one folder", {"type": "glob", "key": "path", "value": "news/01*"}, "path GLOB 'news/01*'"),
    ("one section of 20", {"type": "eq", "key": "section", "value": "section 7"}, "section = 'Section 7'"),
    ("words >= 500", {"type": "gte", "key": "words", "value": 500}, "words >= 500"),
    ("since 2010", {"type": "gte", "key": "published", "value": "2010"}, "last >= 733773"),
    ("not one source", {"type": "ne", "key": "source", "value": "Source 77"}, "source <> 'Source 77'"),
    ("everything", {"type": "eq", "key": "language", "value": "en"}, "language = 'en'"),
    (
        "language, date and section",
        {
            "type": "and",
            "filters": [
                {"type": "eq", "key": "language", "value": "en"},
                {"type": "gte", "key": "published", "value": "2010"},
                {"type": "in", "key": "section", "value": ["section 7", "section 8"]},
            ],
        },
        "language = 'en' AND last >= 733773 AND section IN ('Section 7', 'Section 8')",
    ),
]


def article(number: int) -> Article:
    day = FIRST + timedelta(days=number % 7300)
    return Article(
        f"a{number:07d}", TEXT, BASE / f"news/{number:07d}.md", "0" * 64, f"Title {number}", f"Source {number % 200}",
        f"https://made.up.example/{number}", Published(day.isoformat(), "made up"), body=Span(0, len(TEXT)), language="en",
        metadata={"number": str(number), "section": f"Section {number % 20}", "words": str(number % 1000), "tags": f"tag {number % 7}, tag "
                                                                                                                   f"{number % 11}"},
    )  # fmt: skip


def build(folder: Path, count: int) -> list[SegmentRecord]:
    """The segments of the archive."""
    random = np.random.default_rng(0)
    size = len(TEXT) // PASSAGES
    spans = [Span(i * size, (i + 1) * size) for i in range(PASSAGES)]
    records = []
    for start in range(0, count, SEGMENT_ARTICLES):
        entries = []
        for number in range(start, min(start + SEGMENT_ARTICLES, count)):
            vectors = random.standard_normal((PASSAGES, DIMENSION)).astype(np.float32)
            entries.append(Entry(article(number), b"0" * 16, spans, spans, np.zeros((PASSAGES, 16), np.uint8), vectors))
        records.append(write_segment(folder, f"s{start:06d}", entries, BASE))
    return records


def build_sqlite(path: Path, count: int) -> sqlite3.Connection:
    """The same fields in a table, each with an index, and the passages in another."""
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE a (row INTEGER PRIMARY KEY, id TEXT, path TEXT, source TEXT, language TEXT, first INTEGER, last INTEGER, number TEXT,"
        " section TEXT, "
        "words INTEGER)"
    )
    articles = ((n, article(n)) for n in range(count))
    database.executemany(
        "INSERT INTO a VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (n, a.id, f"news/{n:07d}.md", a.source, a.language, a.published.earliest.toordinal(), a.published.latest.toordinal(),
             a.metadata["number"], a.metadata["section"], int(a.metadata["words"]))
            for n, a in articles if a.published
        ),
    )  # fmt: skip
    for column in ("id", "path", "source", "language", "first", "last", "number", "section", "words"):
        database.execute(f"CREATE INDEX by_{column} ON a ({column})")
    database.execute("CREATE TABLE p (position INTEGER PRIMARY KEY, article INTEGER)")
    database.executemany("INSERT INTO p VALUES (?, ?)", ((n * PASSAGES + i, n) for n in range(count) for i in range(PASSAGES)))
    database.execute("CREATE INDEX by_article ON p (article)")
    database.execute("ANALYZE")
    database.commit()
    return database


def passages(segments: Sequence[Segment], wanted: dict[str, Any]) -> int:
    """How many passages meet the filter, each found by its position."""
    parsed = parse_filter(wanted)
    for segment in segments:
        segment.remembered_matches.clear()
    return sum(len(segment.passages_of(matching_articles(segment, parsed) & segment.live_articles)) for segment in segments)


def milliseconds(call: Callable[[], int], repeat: int) -> tuple[int, float]:
    times, found = [], 0
    for _ in range(repeat):
        began = time.process_time()
        found = call()
        times.append(time.process_time() - began)
    return found, round(1000 * statistics.median(times), 2)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to build, about 1 GB  [default: a temporary folder]")
    arguments = parser.parse_args()
    total = arguments.articles * PASSAGES
    results = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        folder = Path(scratch)
        records = build(folder, arguments.articles)
        database = build_sqlite(folder / "peer.sqlite", arguments.articles)

        def segments() -> list[FileSegment]:
            return [FileSegment(folder, record, BASE, dimension=DIMENSION) for record in records]

        _, opening = milliseconds(lambda: len(segments()), arguments.repeat)
        opened = segments()
        for name, wanted, condition in CASES:
            found, cold = milliseconds(lambda wanted=wanted: passages(segments(), wanted), arguments.repeat)
            _, warm = milliseconds(lambda wanted=wanted: passages(opened, wanted), arguments.repeat)
            query = f"SELECT position FROM p JOIN a ON p.article = a.row WHERE {condition}"
            same, sqlite = milliseconds(lambda query=query: len(database.execute(query).fetchall()), arguments.repeat)
            if found != same:
                raise SystemExit(f"{name}: {found} passages, SQLite finds {same}")
            results[name] = {"share": found / total, "cold_ms": cold, "warm_ms": warm, "sqlite_ms": sqlite}
            print(f"{name:<28}{found:>9} of {total}  cold {cold:8.2f} ms  warm {warm:8.2f} ms  SQLite {sqlite:8.2f} ms", flush=True)
        database.close()
    print(f"opening {len(records)} segments takes {opening} ms of each cold one")
    content = {"passages": total, "repeat": arguments.repeat, "opening_ms": opening, "results": results}
    save(arguments.json, {"machine": {**describe("numpy"), "sqlite": sqlite3.sqlite_version}, **content})


if __name__ == "__main__":
    main()
