"""Segments merged by their arrays are, file by file, what their articles written anew are."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdex import Options, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.errors import IndexDamaged, IndexUnwritable
from newsdex.records import Article, Published, Span
from newsdex.store import files
from newsdex.store.manifest import ROLES, SegmentRecord
from newsdex.store.merging import merge_segments
from newsdex.store.segment import Entry, FileSegment, write_segment
from newsdex.store.snapshot import Snapshot

EXAMPLES = Path(__file__).parents[2] / "examples" / "articles"
DIMENSION = HashEncoder.card.dimension
SHA = hashlib.sha256(b"the source").hexdigest()


def entry(
    number: int, text: str, *, title: str = "", dimension: int = DIMENSION, passages: Sequence[Span] | None = None, **fields: object
) -> Entry:
    """An article whose sentences are its lines, each of them a passage."""
    article = Article(f"a{number}", text, Path(f"/news/{number % 3}.txt"), SHA, title, **fields)  # type: ignore[arg-type]
    lines, start = [], 0
    for line in text.splitlines(keepends=True):
        lines.append(Span(start, start + len(line)))
        start += len(line)
    spans = lines if passages is None else list(passages)
    random = np.random.default_rng(number)
    keys = random.integers(0, 256, (len(spans), 16), np.uint8)
    vectors = random.standard_normal((len(spans), dimension)).astype(np.float32)
    return Entry(article, hashlib.md5(text.encode()).digest(), lines, spans, keys, vectors)


def opened(folder: Path, record: SegmentRecord, dimension: int = DIMENSION) -> FileSegment:
    return FileSegment(folder, record, Path("/news"), dimension=dimension)


def contents(folder: Path, record: SegmentRecord) -> dict[str, bytes]:
    return {role: (folder / file.name).read_bytes() for role, file in record.files.items()}


def deleting(folder: Path, record: SegmentRecord, rows: Sequence[int], run: Sequence[Entry]) -> SegmentRecord:
    """The same with the articles at ``rows`` of ``run`` deleted."""
    if not rows:
        return record
    file = files.write_new(folder, f"{record.name}.deleted-000002", [np.array(rows, np.uint32).tobytes()])
    passages = sum(len(run[row].passages) for row in rows)
    return replace(record, deleted=file, deleted_articles=len(rows), deleted_passages=passages)


def assert_merged(
    folder: Path, entries: Sequence[Entry], stops: Sequence[int], base: Path = Path("/news"), deleted: Collection[int] = ()
) -> SegmentRecord:
    """The entries, written in runs that end at ``stops`` and merged, are what those not ``deleted`` are when they are written at once."""
    dimension, bounds = entries[0].vectors.shape[1], [0, *stops, len(entries)]
    records = []
    for number, (first, last) in enumerate(filter(lambda bound: bound[0] < bound[1], pairwise(bounds)), 1):
        record = write_segment(folder, f"s{number:06d}", run := entries[first:last], base)
        records.append(deleting(folder, record, [row for row in range(last - first) if first + row in deleted], run))
    merged = merge_segments(folder, "s000100", [opened(folder, record, dimension) for record in records])
    whole = write_segment(folder, "s000101", [each for number, each in enumerate(entries) if number not in deleted], base)
    assert replace(merged, name="", files={}) == replace(whole, name="", files={})
    found, expected = contents(folder, merged), contents(folder, whole)
    for role in ROLES:
        assert found[role] == expected[role], role
    return merged


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Real articles in several languages, as they are indexed."""
    folder = tmp_path_factory.mktemp("examples") / "index_data"
    index_paths([EXAMPLES], folder, Options(model="hash"))
    snapshot = Snapshot.open(folder)
    return [replace(found, article=replace(found.article, path=Path("/news", found.article.path.name))) for found in read(snapshot)]


def read(snapshot: Snapshot) -> list[Entry]:
    return [snapshot.file_segments[number].entry_as_read(row) for number, row in snapshot.articles()]


@pytest.mark.parametrize("parts", [1, 2, 3, 8])
def test_real_articles(tmp_path: Path, examples: list[Entry], parts: int) -> None:
    assert len({each.article.language for each in examples}) > 1
    step = -(-len(examples) // parts)
    assert_merged(tmp_path, examples, range(step, len(examples), step))


ODD = [
    entry(1, "One line about the United Nations (UN).\n", title="A title", source="The Paper", url="https://example.org/1"),
    entry(2, "", title="No text at all"),
    entry(3, "\u4e2d\u6587\u65b0\u95fb\u3002\n\u53e6\u4e00\u884c\n", language="zh", metadata={"": "no name", "k": "\U0001f600", "e": ""}),
    entry(4, "the United nations (UN) met\nthe United nations (UN) sat\n", metadata={"k": "other", "a": "x"}, record=4_000_000_000),
    entry(5, "Der Internationale Strafgerichtshof (IStGH) in Den Haag\n", language="de", published=Published("2024-02", "record")),
    entry(6, "A page.\nAnother.\n", pages=(0, 8), published=Published("2024-04-26T12:30:00+08:00", "front matter"), body=Span(8, 16)),
    replace(entry(7, "x\n"), article=replace(entry(7, "x\n").article, id="caf\udce9", path=Path("/news/caf\udce9.txt"))),
    entry(8, "... !!! ???\n", title="?", url="https://example.org/1", source="\u00dc"),
    entry(9, "no passage\n", passages=[]),
]
WORDS = st.sampled_from(
    [
        "Kyiv (Kiev)",
        "Kiew",
        "United Nations (UN)",
        "United nations (UN)",
        "United NATIONS (UN)",
        "storm",
        "\u4e2d\u6587",
        "caf\u00e9",
        ".",
        "\n",
    ]
)
ARTICLES = st.lists(
    st.one_of(
        st.sampled_from(ODD),
        st.builds(
            lambda words, seed, language, metadata: entry(seed, " ".join(words), title=words[0], language=language, metadata=metadata),
            st.lists(WORDS, min_size=1, max_size=30),
            st.integers(0, 50),
            st.sampled_from(["", "en", "de"]),
            st.dictionaries(st.sampled_from(["author", "desk"]), st.sampled_from(["a", "b", ""])),
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(ARTICLES, st.lists(st.integers(0, 12), max_size=4))
def test_any_articles_in_any_parts(entries: list[Entry], stops: list[int]) -> None:
    """Furniture keys, forms shown in different ways, empty columns, ids that come twice: whatever the parts."""
    with TemporaryDirectory() as folder:
        assert_merged(Path(folder), entries, [stop for stop in sorted(stops) if stop < len(entries)])


@settings(max_examples=150, deadline=None)
@given(ARTICLES, st.lists(st.integers(0, 12), max_size=4), st.sets(st.integers(0, 11), min_size=1))
def test_any_articles_without_any_of_them(entries: list[Entry], stops: list[int], deleted: set[int]) -> None:
    """Deleted articles leave nothing: no word, no form of a name or its spelling, no value of a field."""
    deleted.discard(len(entries) - 1)
    with TemporaryDirectory() as folder:
        assert_merged(Path(folder), entries, [stop for stop in sorted(stops) if stop < len(entries)], deleted=deleted)


@pytest.mark.parametrize("deleted", [[0], [5], range(0, 20, 2), range(1, 20)])
@pytest.mark.parametrize("parts", [1, 3])
def test_real_articles_without_some_of_them(tmp_path: Path, examples: list[Entry], parts: int, deleted: Collection[int]) -> None:
    step = -(-len(examples) // parts)
    assert_merged(tmp_path, examples, range(step, len(examples), step), deleted=deleted)


def test_merging_what_was_merged(tmp_path: Path, examples: list[Entry]) -> None:
    """Merging twice gives what merging once does."""
    records = [write_segment(tmp_path, f"s{number:06d}", examples[number::4], Path("/news")) for number in range(4)]
    first = [merge_segments(tmp_path, f"s00001{at}", [opened(tmp_path, each) for each in records[at : at + 2]]) for at in (0, 2)]
    twice = merge_segments(tmp_path, "s000020", [opened(tmp_path, each) for each in first])
    once = merge_segments(tmp_path, "s000021", [opened(tmp_path, each) for each in records])
    assert contents(tmp_path, twice) == contents(tmp_path, once)


def test_more_passages_than_16_bits_count(tmp_path: Path) -> None:
    """Places get 32 bits where two segments together have more than 65,536 of them, and no more where they have not."""
    lines = ["storm hits coast\n", "council votes budget\n", "storm again\n"]
    entries = [entry(number, "".join(lines[(number + line) % 3] for line in range(110)), dimension=8) for number in range(600)]
    merged = assert_merged(tmp_path, entries, [300])
    assert merged.passages == 66_000
    postings = opened(tmp_path, merged, 8).words
    assert postings["passage"].dtype == np.uint32
    assert postings["article"].dtype == np.uint16


@pytest.mark.parametrize("role", [role for role in ROLES if role != "blocks"])
def test_damage_is_not_copied(tmp_path: Path, examples: list[Entry], role: str) -> None:
    """A flipped bit anywhere in a file is found, and no file of the merged segment is left."""
    records = [write_segment(tmp_path, f"s{number:06d}", examples[number::9], Path("/news")) for number in (1, 2)]
    path = tmp_path / records[1].files[role].name
    whole = path.read_bytes()
    for at in np.linspace(0, len(whole) - 1, 12).astype(int).tolist():
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        before = sorted(tmp_path.iterdir())
        with pytest.raises(IndexDamaged):
            merge_segments(tmp_path, "s000003", [opened(tmp_path, record) for record in records])
        assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("suffix", ROLES.values())
def test_nothing_is_left_where_a_file_cannot_be_written(
    tmp_path: Path, examples: list[Entry], suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [write_segment(tmp_path, f"s{number:06d}", examples[number::9], Path("/news")) for number in (1, 2)]
    before, write_new = sorted(tmp_path.iterdir()), files.write_new

    def fail(folder: Path, name: str, parts: Sequence[bytes]) -> files.FileRecord:
        if name.endswith(suffix):
            raise IndexUnwritable("the disk is full")
        return write_new(folder, name, parts)

    monkeypatch.setattr(files, "write_new", fail)
    with pytest.raises(IndexUnwritable):
        merge_segments(tmp_path, "s000003", [opened(tmp_path, record) for record in records])
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["term", "form.of"])
def test_arrays_that_do_not_go_together(tmp_path: Path, examples: list[Entry], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checksums do not prove that newsdex wrote a segment: what a merge relies on is checked."""
    records = [write_segment(tmp_path, f"s{number:06d}", examples[number::9], Path("/news")) for number in (1, 2)]
    segments = [opened(tmp_path, record) for record in records]
    monkeypatch.setitem(segments[1].words.arrays, name, np.repeat(segments[1].words[name][:1], len(segments[1].words[name])))
    assert len(segments[1].words[name]) > 1
    with pytest.raises(IndexDamaged, match="s000001, s000002"):
        merge_segments(tmp_path, "s000003", segments)
    assert not [*tmp_path.glob("s000003*")]
