"""A damaged index answers as if it were whole, or says that it is damaged: never otherwise."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import xxhash
from indexes import LONG_AGO, put

from newsdex import Hit, Index, IndexDamaged, IndexFolderError, IndexMissing, IndexTooNew, IndexTooOld, Options, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.upkeep.status import read_status
from newsdex.store.files import WriterLock
from newsdex.store.known import KnownHere
from newsdex.tensors import Array, ArrayTensors, Place, bounds_of

QUESTIONS = ["The river rose after the rain.", "drivers on strike", "late harvest and prices", "zzz"]
ALLOWED = (IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld)

# The files of the index below, by a pattern that each matches one of them.
CURRENT, COMMIT, OLD_COMMIT = "CURRENT", "g000001/commit-000002-*.json", "g000001/commit-000001-*.json"
ARTICLES, TEXTS, VECTORS = "g000001/s000001.articles", "g000001/s000001.texts", "g000001/s000001.faiss"
DELETED, SOURCES, OLD_SOURCES = "g000001/s000001.deleted-000002", "g000001/sources-000002", "g000001/sources-000001"
NEW_ARTICLES, NEW_TEXTS, NEW_VECTORS = "g000001/s000002.articles", "g000001/s000002.texts", "g000001/s000002.faiss"
POSTINGS, BLOCKS, BITS = "g000001/s000001.postings", "g000001/s000001.blocks", "g000001/s000001.bits"
NEW_POSTINGS, NEW_BLOCKS, NEW_BITS = "g000001/s000002.postings", "g000001/s000002.blocks", "g000001/s000002.bits"
# Whenever a question is asked; the others are checked a block at a time, and these are short enough to be one block.
CHECKED_WHOLE = [CURRENT, COMMIT, ARTICLES, VECTORS, POSTINGS, BLOCKS, DELETED, NEW_ARTICLES, NEW_VECTORS, NEW_POSTINGS, NEW_BLOCKS]
NOT_READ = ["LOCK", OLD_COMMIT, OLD_SOURCES, SOURCES, f"{OLD_SOURCES}.blocks", f"{SOURCES}.blocks"]  # by a question
ONLY_OPENED = [BITS, NEW_BITS]  # which many passages need
EVERY_FILE = [*CHECKED_WHOLE, TEXTS, NEW_TEXTS, *ONLY_OPENED, *NOT_READ]

Answers = list[list[Hit]]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``articles`` and ``index_data`` of two commits, two segments and a deletion."""
    base = tmp_path_factory.mktemp("original")
    articles = base / "articles"
    articles.mkdir()
    put(articles / "flood.txt", "Flood\n\nThe river rose after the rain. People left their homes. " + "Water stood in the streets. " * 40)
    put(articles / "strike.txt", "Strike\n\nThe drivers went on strike. No bus left the depot.\n")
    put(articles / "wheat.md", "---\ntitle: Harvest\ndate: 2024-04\nauthor: \u00c4. Schreiber\n---\nThe harvest was late. Prices rose.\n")
    index_paths([articles], base / "index_data", Options(model="hash"))
    put(articles / "strike.txt", "Strike\n\nThe drivers ended their strike on Monday.\n", LONG_AGO + 1)
    index_paths([articles], base / "index_data", Options(model="hash"))
    return base


@pytest.fixture(scope="module")
def whole(original: Path) -> Answers:
    """What the undamaged index answers."""
    return ask(original / "index_data")


@pytest.fixture
def folder(original: Path) -> Iterator[Path]:
    """The index to damage, in its place (hits name paths); afterwards it is as it was."""
    folder = original / "index_data"
    backup = shutil.copytree(folder, original / "backup")
    yield folder
    shutil.rmtree(folder)
    backup.rename(folder)


def ask(folder: Path) -> Answers:
    """The answers of a newly opened index, with every passage that there is."""
    with Index.open(folder) as index:
        return [index.search(question, limit=limit) for question in QUESTIONS for limit in (1, 100)]


def find(folder: Path, pattern: str) -> Path:
    """The file that a pattern names."""
    [path] = folder.glob(pattern)
    return path


def put_bytes(path: Path, content: bytes) -> None:
    """Replace a file by a new one, as a restored backup would: who has the old one open keeps it."""
    new = path.with_name(f"{path.name}.damaged")
    new.write_bytes(content)
    new.rename(path)


def flipped(content: bytes, bit: int) -> bytes:
    """``content`` with one bit turned over."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def bits_of(content: bytes) -> list[int]:
    """All bits of a short file; of a longer one those of its first 16 and last 4 bytes and of 60 bytes between, one each."""
    size = len(content)
    if size <= 48:
        return list(range(size * 8))
    places = [*range(16), *range(size - 4, size), *(16 + (size - 20) * i // 60 for i in range(60))]
    return [place * 8 + i % 8 for i, place in enumerate(places)]


def outcome(folder: Path, whole: Answers) -> IndexFolderError | None:
    """The error that a question to the damaged index raises; None when it answers, which must be as if it were whole."""
    try:
        answers = ask(folder)
    except ALLOWED as error:
        return error
    assert answers == whole
    return None


def test_every_file_of_the_index_is_damaged_here(folder: Path) -> None:
    """The patterns of this module match each file of the index, and none is left out."""
    files = {path for path in folder.rglob("*") if path.is_file() and path.parent.name != "log"}  # which no version needs
    assert {find(folder, pattern) for pattern in EVERY_FILE} == files
    assert len(EVERY_FILE) == len(files) == 21


@pytest.mark.parametrize("pattern", EVERY_FILE)
def test_a_bit_is_flipped(folder: Path, whole: Answers, pattern: str) -> None:
    """One wrong bit anywhere is noticed in all that a question reads, and does not matter elsewhere."""
    path = find(folder, pattern)
    content = path.read_bytes()
    bits = bits_of(content)
    if pattern in NOT_READ + ONLY_OPENED:
        # As good as each alone, and asked once
        for bit in bits:
            content = flipped(content, bit)
        put_bytes(path, content)
        assert not outcome(folder, whole)
        return
    for bit in bits:
        put_bytes(path, flipped(content, bit))
        error = outcome(folder, whole)
        assert error or pattern not in CHECKED_WHOLE, f"bit {bit}"


@pytest.mark.parametrize("pattern", EVERY_FILE)
def test_a_file_is_cut(folder: Path, whole: Answers, pattern: str) -> None:
    """A file that lost its end, or all of its content, is noticed in all that a question reads."""
    path = find(folder, pattern)
    content = path.read_bytes()
    for size in sorted({0, 1, 7, 8, 9, len(content) // 2, len(content) - 8, len(content) - 2, len(content) - 1} & set(range(len(content)))):
        put_bytes(path, content[:size])
        error = outcome(folder, whole)
        if pattern in NOT_READ:
            assert not error, f"{size} bytes: {error}"
        elif not (pattern == CURRENT and size == len(content) - 1):  # which only ends its line
            assert error, f"{size} bytes"


@pytest.mark.parametrize("pattern", EVERY_FILE)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda content: content + b"\0", id="a zero more"),
        pytest.param(lambda content: content + b"\n", id="a line end more"),
        pytest.param(lambda content: content + content, id="twice"),
        pytest.param(lambda content: content + bytes(5000), id="a page of zeros more"),
        pytest.param(lambda content: bytes(len(content)), id="all zeros"),
        pytest.param(lambda content: content[: len(content) // 2].ljust(len(content), b"\0"), id="zeros from the middle"),
        pytest.param(lambda content: content[:-9] + bytes(4) + content[-5:], id="zeros before the end"),
        pytest.param(lambda content: content[1:] + content[:1], id="moved by a byte"),
    ],
)
def test_other_content(folder: Path, whole: Answers, pattern: str, change: Callable[[bytes], bytes]) -> None:
    """A file that has grown, lost a block to zeros, or moved inside itself is noticed in all that a question reads."""
    path = find(folder, pattern)
    content = path.read_bytes()
    put_bytes(path, change(content))
    error = outcome(folder, whole)
    same = change(content) == content or (pattern in ONLY_OPENED and len(change(content)) == len(content))
    assert bool(error) == (pattern not in NOT_READ and not same), error


@pytest.mark.parametrize("pattern", EVERY_FILE)
def test_a_file_is_swapped_with_another(folder: Path, whole: Answers, pattern: str) -> None:
    """Each file with the content of each other one, and that with its content, is noticed in all that a question reads."""
    path = find(folder, pattern)
    content = path.read_bytes()
    for other_pattern in EVERY_FILE:
        if other_pattern != pattern:
            other = find(folder, other_pattern)
            other_content = other.read_bytes()
            put_bytes(path, other_content)
            put_bytes(other, content)
            error = outcome(folder, whole)
            unseen = NOT_READ + (ONLY_OPENED if len(content) == len(other_content) else [])
            assert bool(error) == (pattern not in unseen or other_pattern not in unseen), f"{other_pattern}: {error}"
            put_bytes(path, content)
            put_bytes(other, other_content)


@pytest.mark.parametrize("pattern", EVERY_FILE)
def test_a_file_is_gone(folder: Path, whole: Answers, pattern: str) -> None:
    """A missing file is noticed when a question needs it."""
    find(folder, pattern).unlink()
    error = outcome(folder, whole)
    assert type(error) is (type(None) if pattern in NOT_READ else IndexDamaged)


@pytest.mark.parametrize("pattern", EVERY_FILE)
def test_a_folder_in_the_place_of_a_file(folder: Path, whole: Answers, pattern: str) -> None:
    """A folder of the same name is not taken for the file."""
    path = find(folder, pattern)
    path.unlink()
    path.mkdir()
    error = outcome(folder, whole)
    assert type(error) is (type(None) if pattern in NOT_READ else IndexDamaged)


def test_damage_to_a_text_is_seen_where_it_is_shown(folder: Path, whole: Answers) -> None:
    """A wrong letter in one article fails the questions that it answers, by its name, and leaves the others."""
    path = find(folder, NEW_TEXTS)
    put_bytes(path, path.read_bytes().replace(b"Monday", b"Sunday"))
    with Index.open(folder) as index:
        assert index.search(QUESTIONS[0], limit=1) == whole[0]
        with pytest.raises(IndexDamaged, match=r"s000002\.texts is damaged in the text of 'articles/strike\.txt'\. Restore"):
            index.search(QUESTIONS[1], limit=1)


ZEROS = "zeros"
MESSAGES = [
    pytest.param(COMMIT, None, "is missing", id="commit gone"),
    pytest.param(COMMIT, b"{}", "is damaged", id="commit damaged"),
    pytest.param(CURRENT, b"\xff\x00", r"is damaged: it holds b'\xff\x00'", id="pointer damaged"),
    pytest.param(ARTICLES, None, "is missing", id="articles gone"),
    pytest.param(ARTICLES, b"short", "is damaged: it has 5 bytes, expected", id="articles cut"),
    pytest.param(ARTICLES, ZEROS, "is damaged", id="articles zero"),
    pytest.param(TEXTS, b"", "is damaged: it has 0 bytes, expected", id="texts empty"),
    pytest.param(TEXTS, ZEROS, "is damaged in the text of", id="texts zero"),
    pytest.param(VECTORS, ZEROS, "is damaged", id="vectors zero"),
    pytest.param(DELETED, b"\0\0\0\0", "is damaged", id="another article deleted"),
]


@pytest.mark.parametrize(("pattern", "content", "message"), MESSAGES)
def test_messages_name_the_file_and_a_cure(folder: Path, whole: Answers, pattern: str, content: bytes | str | None, message: str) -> None:
    """What is wrong is said of the file by its path, and with it what to do."""
    path = find(folder, pattern)
    if content is None:
        path.unlink()
    else:
        put_bytes(path, content if isinstance(content, bytes) else bytes(path.stat().st_size))
    error = str(outcome(folder, whole))
    assert error.startswith(str(path))
    assert message in error
    cure = (
        rf"newsdex rollback --to g000001 --index-dir {folder}$"
        if pattern == CURRENT
        else r"Restore .* from a backup, or index again beside it: newsdex index PATH .*--keep-decisions-of .* would lose deletions, .*\)$"
    )
    assert re.search(cure, error)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(Path.unlink, id="gone"),
        pytest.param(lambda path: put_bytes(path, b"x"), id="cut"),
        pytest.param(lambda path: put_bytes(path, bytes(path.stat().st_size)), id="zero"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), id="a folder"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(read_status, id="status"),
        pytest.param(lambda folder: index_paths([folder.parent / "articles"], folder, Options(model="hash")), id="update"),
    ],
)
@pytest.mark.parametrize("pattern", [SOURCES, f"{SOURCES}.blocks"])
def test_damage_to_the_list_of_sources_is_said_with_a_cure(
    folder: Path, damage: Callable[[Path], None], use: Callable[[Path], object], pattern: str
) -> None:
    """The status and an update, which need the list of source files, name it and what to do, whether it is damaged or gone."""
    path = find(folder, pattern)
    damage(path)
    with pytest.raises(IndexDamaged, match=r"Restore .* from a backup") as caught:
        use(folder)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("pattern", [OLD_COMMIT, OLD_SOURCES])
@pytest.mark.parametrize("damage", [pytest.param(Path.unlink, id="gone"), pytest.param(lambda path: put_bytes(path, b"x"), id="damaged")])
def test_damage_to_the_version_before_does_not_matter(folder: Path, whole: Answers, pattern: str, damage: Callable[[Path], None]) -> None:
    """What only the commit before the current one needs can be damaged or gone: questions and updates go on."""
    damage(find(folder, pattern))
    assert ask(folder) == whole
    assert index_paths([folder.parent / "articles"], folder, Options(model="hash")).unchanged == 3
    extra = folder.parent / "articles" / "extra.txt"
    put(extra, "Extra\n\nThe mayor resigned.\n")
    try:
        assert index_paths([folder.parent / "articles"], folder, Options(model="hash")).added == 1
        assert Index.open(folder).search("The mayor resigned.", limit=1)[0].article.path == extra
    finally:
        extra.unlink()


@pytest.mark.parametrize("pattern", CHECKED_WHOLE)
def test_an_update_does_not_hide_the_damage(original: Path, tmp_path: Path, pattern: str) -> None:
    """Adding to a damaged index fails, or leaves it as damaged as before: it never makes wrong answers look right."""
    for part in range(5):
        base = shutil.copytree(original, tmp_path / str(part))
        path = find(base / "index_data", pattern)
        content = path.read_bytes()
        put_bytes(path, flipped(content, len(content) * 8 * part // 5))
        put(base / "articles" / "extra.txt", "Extra\n\nThe mayor resigned.\n")
        with suppress(*ALLOWED):
            index_paths([base / "articles"], base / "index_data", Options(model="hash"))
        with pytest.raises(ALLOWED):
            ask(base / "index_data")


def test_an_open_index_outlives_the_damage(folder: Path, whole: Answers) -> None:
    """An index that was open before goes on answering from its version, and says what is wrong with the newer one until that is mended."""
    index = Index.open(folder)
    index.search(QUESTIONS[0])
    pointer = (folder / "CURRENT").read_bytes()
    for damage, expected in (
        (b"nonsense", IndexDamaged),
        (b"g000001/commit-000003-0123456789abcdef.json\n", IndexDamaged),
        (None, IndexDamaged),
    ):
        (folder / "CURRENT").unlink() if damage is None else put_bytes(folder / "CURRENT", damage)
        assert [index.search(question, limit=limit) for question in QUESTIONS for limit in (1, 100)] == whole
        assert type(index.problem) is expected
    put_bytes(folder / "CURRENT", pointer)
    assert index.search(QUESTIONS[0], limit=1) == whole[0]
    assert index.problem is None


def commit_as(folder: Path, change: dict[str, object]) -> str:
    """Publish the current commit with other fields, and return its name."""
    content = json.dumps(json.loads(find(folder, COMMIT).read_bytes()) | change).encode()
    name = f"g000001/commit-000003-{xxhash.xxh3_64_hexdigest(content)}.json"
    (folder / name).write_bytes(content)
    put_bytes(folder / "CURRENT", f"{name}\n".encode())
    return name


@pytest.mark.parametrize(
    "change", [pytest.param({}, id="as ours"), pytest.param({"segments": {"other": 1}, "new": None}, id="other fields")]
)
def test_a_newer_format_is_refused_by_number(folder: Path, whole: Answers, change: dict[str, object]) -> None:
    """A commit of a later format is not read, whatever else is in it: the message has both numbers and how to upgrade."""
    name = commit_as(folder, {"format": 7} | change)
    error = outcome(folder, whole)
    assert type(error) is IndexTooNew
    assert f"{folder} was written by a newer newsdex (index format 7, this one reads 6)" in str(error)
    assert "pip install . in a newer checkout" in str(error)
    with pytest.raises(IndexTooNew):
        index_paths([folder.parent / "articles"], folder, Options(model="hash"))
    assert (folder / "CURRENT").read_text() == f"{name}\n"


def test_an_older_format_is_refused_by_number(folder: Path, whole: Answers) -> None:
    """A commit of the first format is not read as if it were today's: the message has both numbers and how to build the index again."""
    commit_as(folder, {"format": 1})
    error = outcome(folder, whole)
    assert type(error) is IndexTooOld
    assert f"{folder} was written by an older newsdex (index format 1, this one reads 6)" in str(error)
    assert "newsdex index PATH... --index-dir NEW_FOLDER" in str(error)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: path.parent, "the folder does not exist", id="no folder"),
        pytest.param(lambda path: path.write_text("x"), "it is a file", id="a file"),
        pytest.param(lambda path: path.mkdir(), "there is no index at {path} yet. Make one", id="an empty folder"),
        pytest.param(
            lambda path: (path / "photos").mkdir(parents=True), "{path} is not a newsdex index: it has no file CURRENT", id="other"
        ),
        pytest.param(lambda path: (path / "g000001").mkdir(parents=True), "its first build did not finish", id="unfinished"),
    ],
)
def test_no_index(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    """Where there is no index, the message says what is there instead, and the command that makes one."""
    path = tmp_path / "index_data"
    make(path)
    with pytest.raises(IndexMissing) as caught:
        Index.open(path)
    assert message.format(path=path) in str(caught.value)
    assert f"newsdex index PATH... --index-dir {path}" in str(caught.value)


@pytest.mark.parametrize("record", ["own", "no record"])
def test_the_first_build_is_running(tmp_path: Path, record: str) -> None:
    (tmp_path / "g000001").mkdir()
    with WriterLock(tmp_path):
        if record == "no record":
            (tmp_path / "LOCK").write_text('["pid"]', encoding="utf-8")
        with pytest.raises(IndexMissing) as caught:
            Index.open(tmp_path)
    holder = f"process {os.getpid()}" if record == "own" else "another process"
    assert f"it is being built by {holder}" in str(caught.value)


def test_the_first_build_failed_in_a_process_that_lives_on(tmp_path: Path) -> None:
    """As in a notebook. Whoever asks does not keep the next writer waiting."""
    (tmp_path / "g000001").mkdir()
    with WriterLock(tmp_path):
        pass
    with pytest.raises(IndexMissing, match="its first build did not finish"):
        Index.open(tmp_path)
    with WriterLock(tmp_path, wait_seconds=0):
        pass


def test_an_optional_array_without_the_one_that_bounds_it() -> None:
    """It is damage, and no fault: "ends" are bounded by what they are the ends of."""
    layout = {
        "form": Array(("U8",), ("bytes of form",), optional=True),
        "form.ends": Array(("U64",), ("forms",), "bytes of form", order="ends", optional=True),
    }
    ends = {"form.ends": Place(0, 16, np.dtype(np.uint64), (2,))}
    with pytest.raises(ValueError, match="it has no bytes of form"):
        bounds_of(ends, layout, {}, 16)
    assert bounds_of({**ends, "form": Place(16, 21, np.dtype(np.uint8), (5,))}, layout, {}, 21)["form.ends"].most == 5


def test_columns_of_known_articles_are_used_together_or_not_at_all() -> None:
    """One without its rows is damage: then they are made from the columns that articles have."""
    keys = np.arange(32, dtype=np.uint8).reshape(2, 16)
    tensors = ArrayTensors({"passage.key": keys, "known.passage": np.zeros(2, np.uint64)})
    wanted = np.frombuffer(keys[1, :8].tobytes(), np.uint64)
    assert [rows.tolist() for rows in KnownHere(tensors).rows("known.passage", wanted)] == [[0], [1]]


def test_the_hash_model_reads_what_damage_left_of_a_text() -> None:
    """A byte that is no UTF-8 is a sign like others."""
    tokens = HashEncoder().tokens(["caf\udcff", "caf\udcfe", "caf\udcff"])
    first, second, third = tokens.places.reshape(3, 2).tolist()
    assert first == third
    assert first[0] == second[0]
    assert first[1] != second[1]
