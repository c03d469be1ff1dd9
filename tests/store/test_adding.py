"""What an added article costs does not grow with the archive, and the index is that of a build at once."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import faiss
import numpy as np
import pytest

from newsdex import Article, Chunking, Index, Options, Published, Span, index_paths
from newsdex.encoder import ModelCard
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.upkeep.takedown import Selection
from newsdex.indexer.upkeep.takedown import delete as take_down
from newsdex.indexer.upkeep.verify import verify
from newsdex.store import sources as source_lists
from newsdex.store.furniture import find_furniture
from newsdex.store.previous import Known
from newsdex.store.segment import Entry, FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.store.writer import Writer
from newsdex.tensors import tensor_places, view_tensors

HASH = Options(model="hash")
BLOCK = 8192  # bytes that have a checksum together
WORDS = [f"{first}{second}" for first in ("ba", "di", "fo", "ku", "le", "mo") for second in ("ran", "sil", "tor", "ven", "lin", "gar")]


def card() -> ModelCard:
    return HashEncoder.card


def entry(number: int, base: Path, text: str = "", passages: int = 1) -> Entry:
    """An article with a file of its own."""
    chance = random.Random(number)
    text = text or " ".join(chance.choices(WORDS, k=12))
    size = len(text) // passages
    spans = [Span(i * size, (i + 1) * size) for i in range(passages)]
    vectors = np.random.default_rng(number).standard_normal((passages, card().dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    digests = [hashlib.md5(f"{number} {i} {text}".encode()).digest() for i in range(passages)]
    name, sha256 = f"archive/{number:06d}.txt", hashlib.sha256(text.encode()).hexdigest()
    article = Article(
        name, text, base / name, sha256, f"Title {number}", "The Paper", f"https://made.up.example/{number}", Published("2024-04-26", "x"),
        body=Span(0, len(text)),
    )  # fmt: skip
    return Entry(article, digests[0], spans, spans, np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16), vectors)


def source(each: Entry) -> SourceFile:
    return SourceFile(each.article.id, len(each.article.text), 1, 2 * 10**18, each.article.sha256)


def build(folder: Path, count: int) -> list[Entry]:
    """An index of so many articles in one segment, whose files are not there."""
    entries = [entry(number, folder.parent) for number in range(count)]
    with Writer(folder, card(), Chunking()) as writer:
        for each in entries:
            writer.add(each)
        writer.commit([source(each) for each in entries])
    return entries


def spoil(path: Path, unless: Sequence[str] = ()) -> None:
    """Change every block of each array in the file at ``path`` that is of no other array; with ``unless``, not of these arrays."""
    content = bytearray(path.read_bytes())
    for name, place in tensor_places(content).items():
        first, last = -(-place.start // BLOCK), place.stop // BLOCK
        if name not in unless and first < last:
            content[first * BLOCK : last * BLOCK] = bytes(byte ^ 0x55 for byte in content[first * BLOCK : last * BLOCK])
    path.write_bytes(content)


def test_adding_an_article_reads_no_column(tmp_path: Path) -> None:
    """With every column spoilt but those in ascending order, and all texts, vectors and words, an article is added all the same."""
    folder = tmp_path / "index"
    build(folder, 4_000)
    generation = folder / "g000001"
    ordered = ("id", "id.ends", "id.hash", "id.row", "path", "path.ends", "path.code", "source", "source.ends", "source.code", "url.hash")
    spoil(
        generation / "s000001.articles", [*ordered, *(f"known.{name}" for name in ("sha256", "passage", "sentence", "path.row", "source"))]
    )
    spoil(generation / "s000001.postings")
    for suffix in ("texts", "faiss", "bits"):
        path = generation / f"s000001.{suffix}"
        path.write_bytes(path.read_bytes()[:100] + bytes(path.stat().st_size - 100))
    (tmp_path / "new.txt").write_text("The ferry\n\nA ferry ran aground near the island. Nobody was hurt.\n")
    report = index_paths([tmp_path / "new.txt"], folder, HASH)
    assert (report.added, report.updated, report.problems) == (1, 0, [])
    assert Snapshot.open(folder).manifest.articles == 4_001


def test_adding_an_article_reads_no_list_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the files of the index are where they were is seen by the first of them."""
    folder = tmp_path / "index"
    build(folder, 200)
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "000000.txt").write_text("The first of them.")
    (tmp_path / "new.txt").write_text("The ferry\n\nA ferry ran aground near the island. Nobody was hurt.\n")

    def whole(*_: object) -> NoReturn:
        raise AssertionError("a column of all files is read")

    with monkeypatch.context() as patched:
        patched.setattr(source_lists, "unpack_strings", whole)
        assert index_paths([tmp_path / "new.txt"], folder, HASH).added == 1


def touched(folder: Path, count: int) -> int:
    """Bytes of the articles' columns that are read when one article is added, one changed and one deleted, of so many."""
    entries = build(folder, count)
    with Writer(folder, card(), Chunking()) as writer:
        new, changed = entry(count, folder.parent), entry(7, folder.parent, "Another text of this article.")
        opened = bytes_read(writer.snapshot.file_segments[0]) if writer.snapshot else 0
        for each in (new, changed):
            assert not writer.known_vectors(each.keys)[0].any()
            writer.add(each)
        assert writer.known_vectors(entries[8].keys)[0].all()
        assert writer.delete(entries[9].article.id)
        sources = writer.known.sources.copy()
        sources[new.article.id], sources[changed.article.id] = source(new), source(changed)
        assert writer.known.ids_at("archive/000011.txt") == ["archive/000011.txt"]
        assert writer.known.ids_with(bytes.fromhex(entries[12].article.sha256)) == ["archive/000012.txt"]
        writer.commit(sources)
        [segment] = writer.known.segments
        return bytes_read(segment) - opened


def bytes_read(segment: FileSegment) -> int:
    """How much of the files was read and checked since they were opened, but for texts."""
    return 8192 * sum(sum(file._checked) for file in segment.files.values())


def test_what_is_read_grows_with_the_logarithm(tmp_path: Path) -> None:
    """Sixteen times the articles have at most five times as much read; nor is it a tenth of their columns."""
    few, many = touched(tmp_path / "few" / "index", 500), touched(tmp_path / "many" / "index", 8_000)
    assert many <= 5 * few
    assert many < (tmp_path / "many" / "index" / "g000001" / "s000001.articles").stat().st_size / 10


def test_look_ups_are_those_of_a_table(tmp_path: Path) -> None:
    """Article by article, and from a table of all, the same is known: of ids, paths, folders and checksums; what is deleted is not."""
    folder = tmp_path / "index"
    entries = build(folder, 400)
    with Writer(folder, card(), Chunking()) as writer:
        for each in entries[::7]:
            writer.delete(each.article.id)
        writer.add(entry(1_000, tmp_path, entries[20].article.text))
        writer.commit(writer.known.sources)
    one_by_one, whole = Known(Snapshot.open(folder)), Known(Snapshot.open(folder))
    assert len(whole.place.whole) == len(whole.ids_at.whole) == 400 - 58 + 1
    for each in [*entries[:40], entry(2_000, tmp_path)]:
        name, sha256 = each.article.id, bytes.fromhex(each.article.sha256)
        assert one_by_one.place(name) == whole.place.whole.get(name)
        assert one_by_one.ids_at(name) == whole.ids_at.whole.get(name, [])
        assert one_by_one.ids_with(sha256) == [
            n for n, (number, row) in whole.place.whole.items() if whole.segments[number].sha256(row) == sha256
        ]
        assert dict(one_by_one.below([name])) == {path: ids for path, ids in whole.ids_at.whole.items() if path == name}
    assert one_by_one.below(["archive"]) == whole.ids_at.whole
    assert one_by_one.below(["arch", "archive/00", "brchive"]) == {}


@pytest.mark.parametrize("count", [1, 5, 100])
def test_numbers_are_found_wherever_they_are(tmp_path: Path, count: int) -> None:
    """Few numbers and many are found in the rows where comparing all finds them, at both ends and several times, and no others."""
    build(tmp_path / "index", 500)
    [segment] = Snapshot.open(tmp_path / "index").file_segments
    for name in ("known.passage", "known.sha256", "known.sentence"):
        there, rows = segment.tensors[name].tolist(), segment.tensors[f"{name}.row"].tolist()
        top = 2 ** (8 * segment.tensors[name].itemsize) - 1
        asked = [there[0], there[-1], top, 0, there[250] + 1, *random.Random(count).choices(there, k=95)][-count:]
        which, found = segment.known.rows(name, np.array(asked, segment.tensors[name].dtype))
        expected = [(place, row) for place, number in enumerate(asked) for at, row in enumerate(rows) if there[at] == number]
        assert list(zip(which.tolist(), found.tolist(), strict=True)) == expected
        which, found = segment.known.rows(name, np.array(asked[:5], segment.tensors[name].dtype))
        assert list(zip(which.tolist(), found.tolist(), strict=True)) == [each for each in expected if each[0] < 5]


def test_vectors_are_as_faiss_writes_them(tmp_path: Path) -> None:
    """FAISS, which did not write the file, reads the vectors from it."""
    entries = build(tmp_path / "index", 5)
    read = faiss.read_index(str(tmp_path / "index" / "g000001" / "s000001.faiss"))
    assert type(read) is faiss.IndexFlatIP
    assert read.reconstruct_n(0, 5).tobytes() == b"".join(each.vectors.tobytes() for each in entries)


def lines(folder: Path) -> dict[int, tuple[int, str]]:
    """The furniture of an index as it is stored: articles and source by the sentence's number."""
    snapshot = Snapshot.open(folder)
    record = snapshot.manifest.furniture
    tensors = view_tensors((folder / snapshot.manifest.generation / record.name).read_bytes()) if record else {}
    return _lines(tensors)


def _lines(tensors: dict[str, np.ndarray]) -> dict[int, tuple[int, str]]:  # type: ignore[type-arg]
    if not tensors:
        return {}
    ends = tensors["source.ends"].tolist()
    names = [tensors["source"][start:end].tobytes().decode() for start, end in zip([0, *ends], ends, strict=False)]
    return dict(zip(tensors["key"].tolist(), zip(tensors["articles"].tolist(), names, strict=True), strict=True))


def stories(chance: random.Random) -> Iterator[str]:
    """Texts without end: sentences of their own, some that others have, some that are copies of others."""
    common = [f"Follow {word} for more of our coverage." for word in WORDS[:8]]
    told: list[str] = []
    while True:
        if told and chance.random() < 0.2:
            text = chance.choice(told)
        else:
            own = [" ".join(chance.choices(WORDS, k=9)).capitalize() + f" {chance.random()}." for _ in range(chance.randint(2, 6))]
            text = " ".join(own)
        told.append(text)
        yield f"{text} {' '.join(chance.sample(common, chance.choice((0, 1, 1, 2))))}".strip()


@pytest.mark.parametrize("seed", range(2))
def test_an_index_that_grew_is_one_that_was_built_at_once(tmp_path: Path, seed: int) -> None:
    """After each of many commits of a few added, changed and deleted articles, the furniture is what a count of all finds; in the end, ids,
    passages, furniture and answers are those of an index that was built at once.
    """
    chance = random.Random(seed)
    made, folder = stories(chance), tmp_path / "index"
    files: dict[str, str] = {}
    (tmp_path / "archive").mkdir()
    for _ in range(20):
        names = []
        for _ in range(chance.choice((1, 1, 1, 2, 30))):
            name = chance.choice(list(files)) if files and chance.random() < 0.3 else f"{len(files):04d}.jsonl"
            files[name] = next(made)
            paper = "The Paper" if int(name[:4]) % 3 else "The Other"
            record = {"id": name, "title": name, "text": files[name], "source": paper}
            (tmp_path / "archive" / name).write_text(json.dumps(record))
            names.append(name)
        # A deleted name may be that of a new file
        index_paths([tmp_path / "archive" / name for name in names], folder, Options(model="hash", restore=True))
        if chance.random() < 0.3:
            name = chance.choice(list(files))
            (tmp_path / "archive" / name).unlink()
            take_down(folder, Selection(ids=frozenset({name})))
            index_paths([tmp_path / "archive" / name], folder, Options(model="hash", prune=True)) if chance.random() < 0.5 else None
            files.pop(name)
        snapshot = Snapshot.open(folder)
        found = find_furniture(snapshot.segments)
        assert lines(folder) == _lines(found or {})
    assert set(Known(snapshot).place.whole) == set(files)
    index_paths([tmp_path / "archive"], folder, Options(model="hash", prune=True))
    assert {Path(path).name for path in Snapshot.open(folder).sources()} == set(files)
    index_paths([tmp_path / "archive"], tmp_path / "once", HASH)
    assert lines(folder) == lines(tmp_path / "once")
    with Index.open(folder) as grown, Index.open(tmp_path / "once") as once:
        for question in (*WORDS[:5], "more of our coverage"):
            hits = [[(hit.article.id, hit.passage.text, hit.answer) for hit in each.search(question, limit=50)] for each in (grown, once)]
            assert sorted(hits[0]) == sorted(hits[1])
    assert list(verify(folder, sources=False)) == []


def test_a_falling_count_of_articles_makes_furniture(tmp_path: Path) -> None:
    """Three of 301 articles are too few for furniture, and of 300 enough, though none of the three has changed."""
    folder = tmp_path / "index"
    chance = random.Random(1)
    texts = [" ".join(chance.choices(WORDS, k=9)) + f" {chance.random()}." for _ in range(301)]
    records = [
        {"id": f"a{i}", "text": text + " Follow our coverage here." * (i < 3), "source": "The Paper"} for i, text in enumerate(texts)
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, records)))
    index_paths([tmp_path / "all.jsonl"], folder, HASH)
    assert lines(folder) == {}
    take_down(folder, Selection(ids=frozenset({"a200"})))
    assert [count for count, _ in lines(folder).values()] == [3]


def test_lists_of_sources_are_written_in_part(tmp_path: Path) -> None:
    """After many commits of a file or two each, what is known of the sources is what was said last; few lists are there, and a commit
    writes little of what it does not change.
    """
    chance, folder = random.Random(3), tmp_path / "index"
    wanted = {f"archive/{i:04d}.txt": SourceFile(f"archive/{i:04d}.txt", i, i, 2 * 10**18, "0" * 64) for i in range(1_000)}
    wanted["caf\udce9.txt"] = SourceFile("caf\udce9.txt", -1, -1, 0, "", "a pipe")
    with Writer(folder, card(), Chunking()) as writer:
        writer.add(entry(1, tmp_path))
        writer.commit(wanted.values())
    written = 0
    for number in range(60):
        with Writer(folder, card(), Chunking()) as writer:
            sources = writer.known.sources.copy()
            name = chance.choice(list(wanted))
            if number % 3:
                wanted[name] = sources[name] = sources[name]._replace(mtime_ns=number, problems="" if number % 2 else "line 1: no text")
            else:
                del sources[name], wanted[name]
            sources[f"new/{number}"] = wanted[f"new/{number}"] = SourceFile(f"new/{number}", 5, 5, 5, "")
            manifest = writer.commit(sources)
        written += sum(each.count for each in manifest.source_lists if each.file.name == f"sources-{manifest.commit:06d}")
        assert len(manifest.source_lists) <= 6
    found = Snapshot.open(folder).sources()
    assert {name: found[name] for name in chance.sample(list(wanted), 50)}.items() <= wanted.items()
    assert "archive/none.txt" not in found
    assert sorted(found.below(["new"])) == sorted(name for name in wanted if name.startswith("new/"))
    assert {each.path for each in found.with_problems()} == {name for name, each in wanted.items() if each.problems}
    states = {path: (size, mtime_ns) for path, size, mtime_ns in found.states()}
    assert states == {name: (each.size, each.mtime_ns) for name, each in wanted.items() if not each.passed_over}
    assert len(states) == sum(1 for _ in found.states())
    assert found == wanted
    assert list(found) == sorted(wanted, key=lambda name: name.encode(errors="surrogateescape"))
    assert written < 60 * 2 * 12
    assert len(list((folder / "g000001").glob("sources-*"))) <= 2 * 12


def test_an_article_is_written_again_a_few_times(tmp_path: Path) -> None:
    """Two hundred commits of an article each write each of them 3 times on the average, and there are never more than nine segments."""
    written = 0
    for number in range(200):
        with Writer(tmp_path / "index", card(), Chunking()) as writer:
            writer.add(entry(number, tmp_path))
            before = {record.name for record in writer.manifest.segments}
            manifest = writer.commit(writer.known.sources)
        written += sum(record.articles for record in manifest.segments if record.name not in before)
        assert len(manifest.segments) <= 9
    assert written <= 3 * 200


def test_no_commit_writes_more_than_a_segment_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When most of each of many segments is deleted at once, they are merged commit by commit, so much each time as one segment has."""
    monkeypatch.setattr("newsdex.store.writer.SEGMENT_PASSAGES", 20)
    folder = tmp_path / "index"
    entries = build(folder, 200)
    with Writer(folder, card(), Chunking()) as writer:
        for each in entries:
            if int(each.article.id[8:14]) % 5:
                writer.delete(each.article.id)
        manifest = writer.commit(writer.known.sources)
    again = []
    for number in range(200, 212):
        before = {record.name for record in manifest.segments}
        with Writer(folder, card(), Chunking()) as writer:
            writer.add(entry(number, tmp_path))
            manifest = writer.commit(writer.known.sources)
        again.append(sum(record.articles for record in manifest.segments if record.name not in before))
    assert max(again) <= 21
    assert not [record for record in manifest.segments if 2 * record.deleted_passages > record.passages]
    assert manifest.articles == 40 + 12


def test_an_older_segment_is_asked_as_a_new_one() -> None:
    """Look-ups that a segment of an older newsdex does not have are made from its columns."""
    [segment] = Snapshot.open(Path(__file__).parent.parent / "data" / "index_v4" / "index").file_segments[:1]
    assert isinstance(segment, FileSegment)
    assert not segment.known.are_stored
    for row in range(segment.article_count):
        assert row in segment.known.at_path(segment.stored_path(row)).tolist()
        number = np.frombuffer(segment.sha256(row)[:8], np.uint64)
        assert row in segment.known.rows("known.sha256", number)[1].tolist()
