"""An index in one file: the same after the journey, whole or refused."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hostile_archives import packed, unpacked

from newsdex import (
    Hit,
    Index,
    IndexDamaged,
    IndexMissing,
    IndexTooNew,
    IndexTooOld,
    IndexUnwritable,
    NewsdexError,
    Options,
    UsageError,
    index_paths,
)
from newsdex.cli import main
from newsdex.indexer.source import Wanted
from newsdex.indexer.upkeep import transfer
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.store import files
from newsdex.store.manifest import FORMAT
from newsdex.store.snapshot import Snapshot

HASH = Options(model="hash")
QUESTIONS = ("the ferry at the island", "parliament and the budget", "bridge")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with articles and an index of them that has seen updates: several segments, one deletion."""
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.md").write_text(
        "---\nid: ferry\ntitle: Ferry\ndate: 2024-05\n---\nA ferry ran aground off the island.", encoding="utf-8"
    )
    (articles / "gone.txt").write_text("This will be withdrawn.", encoding="utf-8")
    index_paths([articles], tmp_path / "index", HASH)
    (articles / "gone.txt").unlink()
    (articles / "vote.txt").write_text("Parliament voted on the budget. " * 40, encoding="utf-8")
    index_paths([articles], tmp_path / "index", Options(model="hash", prune=True))
    return tmp_path


def answers(folder: Path) -> list[list[Hit]]:
    """What a reader is answered."""
    with Index.open(folder) as index:
        return [index.search(question, limit=20) for question in QUESTIONS]


def test_the_journey_changes_nothing(archive: Path) -> None:
    """An imported index answers as the exported one, and is sound to the last byte."""
    export_index(archive / "index", archive / "x.tar.zst")
    import_index(archive / "x.tar.zst", archive / "moved")
    assert answers(archive / "moved") == answers(archive / "index")
    assert list(verify(archive / "moved", deep=True)) == []


def test_the_same_content_gives_the_same_bytes(archive: Path) -> None:
    """Whatever way the content came about: by updates, afresh, or by an import."""
    index_paths([archive / "articles"], archive / "fresh", HASH)
    for folder, file in (("index", "a"), ("fresh", "b")):
        export_index(archive / folder, archive / file)
    import_index(archive / "a", archive / "moved")
    export_index(archive / "moved", archive / "c")
    assert (archive / "a").read_bytes() == (archive / "b").read_bytes() == (archive / "c").read_bytes()


def test_what_was_deleted_does_not_travel(archive: Path) -> None:
    """No byte of a deleted article is in the file."""
    export_index(archive / "index", archive / "x.tar.zst")
    content = zstandard.ZstdDecompressor().stream_reader((archive / "x.tar.zst").read_bytes()).read()
    assert b"Parliament voted" in content
    assert b"withdrawn" not in content


def test_the_next_run_finds_everything_unchanged(archive: Path) -> None:
    """After an import nothing is embedded again, though the source files are read anew."""
    export_index(archive / "index", archive / "x.tar.zst")
    import_index(archive / "x.tar.zst", archive / "moved")
    report = index_paths([archive / "articles"], archive / "moved")
    assert (report.unchanged, report.added, report.updated, report.embedded) == (2, 0, 0, 0)


def test_files_are_read_after_an_import_as_they_were_before(tmp_path: Path) -> None:
    """Their columns, OCR and the order of dates are set once. A backup that lost them would read tables anew as unreadable files."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "rows.csv").write_text("nr,story,day\na,The ferry sailed.,03/04/2024\nb,The bridge opened.,05/06/2024\n", encoding="utf-8")
    (folder / "plain.txt").write_text("Parliament voted on the budget.", encoding="utf-8")
    columns = {"id": "nr", "text": "story", "date": "day"}
    index_paths([folder / "rows.csv"], tmp_path / "index", Options(model="hash", wanted=Wanted(columns, date_order="mdy")))
    index_paths([folder], tmp_path / "index", HASH)
    export_index(tmp_path / "index", tmp_path / "a")
    import_index(tmp_path / "a", tmp_path / "moved")
    assert list(verify(tmp_path / "moved", deep=True)) == []
    report = index_paths([folder], tmp_path / "moved", HASH)
    assert (report.unchanged, report.added, report.updated, report.vanished, report.problems) == (3, 0, 0, 0, [])
    with Index.open(tmp_path / "moved") as index:
        assert index.article("a").published.iso == "2024-03-04"
    export_index(tmp_path / "moved", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()


def test_the_next_run_on_another_machine_finds_everything_unchanged(archive: Path, tmp_path: Path) -> None:
    """The same articles below another folder are the same: what is compared has no absolute path. A changed one is noticed."""
    (archive / "articles" / "lines.jsonl").write_text('{"id": "a", "text": "One bridge."}\n{"text": "Two bridges."}\n', encoding="utf-8")
    index_paths([archive / "articles"], archive / "index", HASH)
    export_index(archive / "index", archive / "x.tar.zst")
    other = tmp_path / "other"
    for path in (archive / "articles").iterdir():
        (other / "articles").mkdir(parents=True, exist_ok=True)
        (other / "articles" / path.name).write_bytes(path.read_bytes())  # with another time stamp
    import_index(archive / "x.tar.zst", other / "index")
    (other / "articles" / "vote.txt").write_text("Parliament voted again.", encoding="utf-8")
    report = index_paths([other / "articles"], other / "index")
    assert (report.unchanged, report.updated, report.added, report.embedded) == (3, 1, 0, 1)
    (other / "articles" / "lines.jsonl").rename(other / "articles" / "moved.jsonl")
    assert index_paths([other / "articles"], other / "index", Options(prune=True)).updated == 1  # "a", which is in another file now


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("beside", [False, True], ids=["the articles elsewhere", "the index elsewhere"])
def test_articles_that_are_elsewhere_after_an_import_are_not_doubled(archive: Path, tmp_path: Path, prune: bool, beside: bool) -> None:
    """An article that is called after its file takes the name that the file has now. A changed one is new, and the old one is kept."""
    (archive / "articles" / "lines.jsonl").write_text('{"id": "a", "text": "One bridge."}\n{"text": "Two bridges."}\n', encoding="utf-8")
    (archive / "articles" / "deep").mkdir()
    (archive / "articles" / "deep" / "vote.txt").write_text("Parliament voted on the budget. " * 40, encoding="utf-8")
    index_paths([archive / "articles"], archive / ("index" if beside else "far/index"), HASH)
    export_index(archive / ("index" if beside else "far/index"), archive / "x.tar.zst")
    (archive / "articles").rename(tmp_path / "elsewhere")
    import_index(archive / "x.tar.zst", tmp_path / "on" / "moved")
    (tmp_path / "elsewhere" / "ferry.md").write_text("A ferry ran aground again.", encoding="utf-8")
    report = index_paths([tmp_path / "elsewhere"], tmp_path / "on" / "moved", Options(prune=prune))
    assert len(report.renamed) == 3
    # The fourth is "a", which brings its id, and is in another file now.
    assert (report.added, report.updated, report.unchanged, report.embedded) == (1, 4, 0, 1)
    names = ["deep/vote.txt", "ferry.md", "lines.jsonl#2", "vote.txt"]
    snapshot = Snapshot.open(tmp_path / "on" / "moved")
    assert {snapshot.segments[number].article_id(row) for number, row in snapshot.articles()} == {
        str(tmp_path / "elsewhere" / name) for name in names
    } | {"a", "ferry"}
    report = index_paths([tmp_path / "elsewhere"], tmp_path / "on" / "moved")
    assert (report.added, report.updated, report.unchanged, report.removed) == (0, 0, 5, 0)
    assert list(verify(tmp_path / "on" / "moved", deep=True)) == []


def _flipped(members: dict[str, bytes]) -> dict[str, bytes]:
    name = next(n for n in members if n.endswith(".texts"))
    return {**members, name: bytes([members[name][0] ^ 1]) + members[name][1:]}


def _outside(members: dict[str, bytes]) -> dict[str, bytes]:
    contents = json.loads(members["export.json"])
    contents["segments"][0]["files"]["texts"]["name"] = "../../texts"
    texts = next(n for n in members if n.endswith(".texts"))
    return {n.replace(texts, "../../texts"): json.dumps(contents).encode() if n == "export.json" else d for n, d in members.items()}


def _newer(members: dict[str, bytes]) -> dict[str, bytes]:
    return {**members, "export.json": json.dumps(json.loads(members["export.json"]) | {"format": FORMAT + 1}).encode()}


def _older(members: dict[str, bytes]) -> dict[str, bytes]:
    return {**members, "export.json": json.dumps(json.loads(members["export.json"]) | {"format": 1}).encode()}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param(_flipped, IndexDamaged, id="a flipped bit"),
        pytest.param(lambda m: dict(list(m.items())[:-1]), IndexDamaged, id="a file missing"),
        pytest.param(lambda m: dict(list(m.items())[1:]), IndexDamaged, id="no contents"),
        pytest.param(lambda m: {**m, "export.json": b"[]"}, IndexDamaged, id="contents of another kind"),
        pytest.param(lambda m: {**m, "export.json": b"{"}, IndexDamaged, id="contents torn"),
        pytest.param(_outside, IndexDamaged, id="a name that leaves the folder"),
        pytest.param(_newer, IndexTooNew, id="a newer format"),
        pytest.param(_older, IndexTooOld, id="an older format"),
    ],
)
def test_what_is_not_whole_is_refused(
    archive: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], error: type[NewsdexError]
) -> None:
    """Nothing of it can be seen afterwards, and nothing is written outside the folder."""
    export_index(archive / "index", archive / "x.tar.zst")
    (archive / "x.tar.zst").write_bytes(packed(change(unpacked(archive / "x.tar.zst"))))
    with pytest.raises(error, match=r"x\.tar\.zst"):
        import_index(archive / "x.tar.zst", archive / "moved")
    with pytest.raises(IndexMissing):
        Index.open(archive / "moved")
    assert not (archive / "moved").exists()
    assert not (archive / "texts").exists()


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5, -1])
def test_a_cut_file_is_refused(archive: Path, keep: float) -> None:
    """Wherever it ends too early; and a later import of the whole file succeeds."""
    export_index(archive / "index", archive / "x.tar.zst")
    content = (archive / "x.tar.zst").read_bytes()
    (archive / "cut").write_bytes(content[: int(len(content) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(IndexDamaged, match=r"not a complete export.*, to another file$"):  # the command would replace it
        import_index(archive / "cut", archive / "moved")
    assert not (archive / "moved").exists()
    import_index(archive / "x.tar.zst", archive / "moved")
    assert answers(archive / "moved") == answers(archive / "index")


def test_an_interrupted_import_can_be_repeated(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it left is in nobody's way."""

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    export_index(archive / "index", archive / "x.tar.zst")
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "publish", fail)
        with pytest.raises(KeyboardInterrupt):
            import_index(archive / "x.tar.zst", archive / "moved")
    import_index(archive / "x.tar.zst", archive / "moved")
    assert answers(archive / "moved") == answers(archive / "index")


def test_only_an_export_is_replaced(archive: Path) -> None:
    """Not a file of another kind; the same command again is a new backup, and says where it is."""
    (archive / "report.docx").write_bytes(b"PK important")
    with pytest.raises(UsageError, match="exists and is not an export"):
        export_index(archive / "index", archive / "report.docx")
    assert (archive / "report.docx").read_bytes() == b"PK important"
    with pytest.raises(UsageError, match="is not an export of an index"):
        import_index(archive / "report.docx", archive / "moved")
    told = []
    for _ in range(2):
        command = [sys.executable, "-m", "newsdex", "export", "x.tar.zst", "--index-dir", "index"]
        told.append(subprocess.run(command, cwd=archive, capture_output=True, text=True, timeout=60, check=True).stdout)
    assert all(re.search(r" passages to x\.tar\.zst \(\d+\.\d MB\)", each) for each in told)
    assert [each.endswith("replacing an earlier export\n") for each in told] == [False, True]


@pytest.mark.parametrize("name", ["archive.json", "archive.jsonl", "archive.CSV", "a.tar.zip", "archive.parquet"])
def test_an_export_is_named_as_what_it_is(archive: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written that no reader of that format opens; the error has the name that is right and what gives such files."""
    assert main(["export", str(archive / name), "--index-dir", str(archive / "index")]) == 2
    told = capsys.readouterr().err
    assert "Choose another name, such as archive.tar.zst." in told
    assert "newsdex list --csv or --jsonl" in told
    assert not (archive / name).exists()


def test_errors_of_a_person(archive: Path) -> None:
    """An index that is there is not overwritten; a missing file, a missing index and a folder that cannot be written are named."""
    export_index(archive / "index", archive / "x.tar.zst")
    with pytest.raises(UsageError, match="already"):
        import_index(archive / "x.tar.zst", archive / "index")
    with pytest.raises(UsageError, match="no such file"):
        import_index(archive / "nothing", archive / "moved")
    with pytest.raises(IndexMissing):
        export_index(archive / "articles", archive / "y")
    with pytest.raises(IndexUnwritable) as missing:
        export_index(archive / "index", archive / "no" / "y")
    assert str(missing.value) == (f"cannot write {archive}/no/y: the folder {archive}/no does not exist. Make it, or choose another")
    with pytest.raises(IndexUnwritable, match=r"Part of that path is a file: choose another folder$"):
        export_index(archive / "index", archive / "x.tar.zst" / "y")
    assert {path.name for path in archive.iterdir()} == {"articles", "index", "x.tar.zst"}


def test_only_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    """Of all errors of the system, those of room alone say to free some; they are the same in any command that writes a file."""
    told = {number: str(files.unwritable(tmp_path / "x", OSError(number, os.strerror(number)))) for number in errno.errorcode}
    assert {number for number, said in told.items() if "free some space" in said} == {errno.ENOSPC, errno.EDQUOT}
    assert all(said.startswith(f"cannot write {tmp_path}/x: {os.strerror(number)}. ") for number, said in told.items())
