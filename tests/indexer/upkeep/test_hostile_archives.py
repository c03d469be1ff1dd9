"""Indexes from elsewhere, with good checksums and bad intentions: refused by an error that newsdex foresaw, within the folder and within
bounds.
"""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
import zstandard
from hostile_archives import CONTENTS, Members, as_index, attack, packed, sample, with_sums
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from paths import ROOT

from newsdex import Index, IndexDamaged, IndexUnwritable, UsageError
from newsdex.cli import main_search
from newsdex.indexer.milvus.exchange import read_about
from newsdex.indexer.upkeep import transfer
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify

TESTS = ROOT / "tests"
MOST_MEMORY = 300 << 20


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """An export of a small index."""
    return sample(tmp_path_factory.mktemp("sample"))


# This one has vectors that are no numbers.
@example(seed=4818655)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_in_an_index_there_is_no_fault(members: Members, seed: int) -> None:
    """Whatever is wrong with the manifest, a header, numbers or texts, every command is done or says what is wrong, and writes nothing
    elsewhere.
    """
    assert attack(members, Random(seed)) == []


@pytest.mark.slow
def test_three_hundred_archives_within_bounds() -> None:
    """The same in one process, whose memory stays small."""
    command = [sys.executable, TESTS / "hostile_archives.py", "300"]
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    *faults, peak = done.stdout.splitlines()
    assert faults == []
    assert int(peak) < MOST_MEMORY


def commit_of(folder: Path, members: Members, path: str, value: object) -> None:
    """An index in ``folder`` whose commit has ``value`` at ``path``, by its keys and places."""
    told: Any = {"generation": "g000001", "commit": 1, "created": "2024-05-01T12:00:00Z", "next_segment": 2, "sources": None}
    told |= json.loads(members[CONTENTS])
    place, (*keys, last) = told, path.split(".")
    for key in keys:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    as_index(members | {CONTENTS: json.dumps(told).encode()}, folder)


def a_file(name: str) -> dict[str, object]:
    """The record of an empty file."""
    return {"name": name, "size": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "xxh3": "0" * 32}


OUTSIDE = "../../../../x"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("segments.0.name", OUTSIDE, id="a segment"),
        pytest.param("segments.0.name", "s000001/../../../x", id="a segment, with a good beginning"),
        pytest.param("segments.0.name", "s000001\n", id="a segment, with a line end"),
        pytest.param("segments.0.name", "s\u0661\u0661\u0661\u0661\u0661\u0661", id="a segment in digits of another script"),
        pytest.param("segments.0.files.texts.name", OUTSIDE, id="a file"),
        pytest.param("segments.0.files.texts.name", "s000001.articles", id="the file of another role"),
        pytest.param("segments.0.deleted", a_file(OUTSIDE), id="deleted articles"),
        pytest.param("sources", a_file(OUTSIDE), id="sources"),
        pytest.param("previous", OUTSIDE, id="the commit before"),
        pytest.param("replaced", OUTSIDE, id="the commit that was replaced"),
        pytest.param("generation", "..", id="the generation"),
        pytest.param("model.precision", "x/../../../../x", id="the precision, which names the journal"),
    ],
)
def test_no_name_in_a_commit_leads_elsewhere(members: Members, tmp_path: Path, path: str, value: object) -> None:
    """It is refused when the index is opened, so that no command reads or writes there."""
    home = tmp_path / "a" / "b" / "c" / "d"
    commit_of(home / "index", members, path, value)
    with pytest.raises(IndexDamaged, match="is damaged") as caught:
        Index.open(home / "index")
    assert "Restore" in str(caught.value)
    with pytest.raises(IndexDamaged):
        delete(home / "index", Selection(ids=frozenset({"ferry"})))
    assert [finding.kind for finding in verify(home / "index")] == ["damage"]
    assert [
        item for item in tmp_path.rglob("*") if item not in home.parents and item != home and home / "index" not in (item, *item.parents)
    ] == []


def test_counts_that_no_file_has_take_no_memory(members: Members, tmp_path: Path) -> None:
    """A commit that tells of four billion articles is refused before anything of that size is made."""
    commit_of(tmp_path / "index", members, "segments.0.articles", (1 << 32) - 1)
    with pytest.raises(IndexDamaged, match="expected"):
        Index.open(tmp_path / "index")


def bomb_of_zeros(members: Members) -> bytes:
    """An archive with 400 MB of zeros as its texts, and good checksums for them."""
    return packed(with_sums({name: bytes(400_000_000) if name.endswith(".texts") else content for name, content in members.items()}))


def bomb_of_names(members: Members) -> bytes:
    """An archive with a member whose name has 400 MB."""
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 400_000_000
    content = packed({CONTENTS: members[CONTENTS]})
    plain = zstandard.ZstdDecompressor().stream_reader(content).read().rstrip(b"\0")
    plain += bytes(-len(plain) % tarfile.BLOCKSIZE)
    return zstandard.ZstdCompressor().compress(plain + header.tobuf(tarfile.GNU_FORMAT) + b"x" * 400_000_000)


def bomb_of_lists(_: Members) -> bytes:
    """An archive whose contents are ten million lists."""
    return packed({CONTENTS: b"[" + b"[]," * 10_000_000 + b"[]]"})


def bomb_of_window(members: Members) -> bytes:
    """An archive that Zstandard needs a gigabyte of memory to unpack."""
    found = zstandard.ZstdCompressionParameters(window_log=30, chain_log=6, hash_log=6, search_log=1, strategy=1, enable_ldm=False)
    content = io.BytesIO()
    with zstandard.ZstdCompressor(compression_params=found).stream_writer(content, closefd=False) as stream:
        stream.write(zstandard.ZstdDecompressor().stream_reader(packed(members)).read())
    return content.getvalue()


@pytest.mark.parametrize(
    ("bomb", "said"),
    [
        pytest.param(bomb_of_zeros, "it unpacks to more than 64 MB and more than 1000 times its size", id="zeros"),
        pytest.param(bomb_of_names, "not a plain file", id="names"),
        pytest.param(bomb_of_lists, "it does not begin with export.json", id="lists"),
        pytest.param(bomb_of_window, "Frame requires too much memory", id="window"),
    ],
)
def test_an_archive_that_unpacks_to_much_takes_little(members: Members, tmp_path: Path, bomb: Any, said: str) -> None:
    """It is refused with the limit that it passes; memory stays small, and nothing of it stays on the disk."""
    (tmp_path / "x.tar.zst").write_bytes(bomb(members))
    assert (tmp_path / "x.tar.zst").stat().st_size < 1_000_000
    program = "import sys; from hostile_archives import peak; from newsdex.cli import main; print(main(sys.argv[1:]), peak())"
    command = [sys.executable, "-c", program, "import", tmp_path / "x.tar.zst", "--index-dir", tmp_path / "index"]
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    code, peak = map(int, done.stdout.split())
    assert (code, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr
    assert peak < MOST_MEMORY
    assert sum(path.stat().st_size for path in (tmp_path / "index").rglob("*") if path.is_file()) < 10_000


def test_an_archive_larger_than_the_disk_is_refused_first(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has both sizes, and nothing is written."""
    (tmp_path / "x.tar.zst").write_bytes(packed(members))
    monkeypatch.setattr(transfer, "_free", lambda _: 1_000)
    with pytest.raises(IndexUnwritable, match=r"unpacks to [0-9,]+ bytes, but only 1,000 are free there\. Free some space"):
        import_index(tmp_path / "x.tar.zst", tmp_path / "index")
    assert not list((tmp_path / "index").glob("g*"))


def test_a_refused_archive_leaves_no_file(members: Members, tmp_path: Path) -> None:
    """What was unpacked before the fault was found is removed."""
    broken = dict(members)
    broken["s000001.texts"] = bytes([broken["s000001.texts"][0] ^ 1]) + broken["s000001.texts"][1:]
    (tmp_path / "x.tar.zst").write_bytes(packed(broken))
    with pytest.raises(IndexDamaged, match="not what was exported"):
        import_index(tmp_path / "x.tar.zst", tmp_path / "index")
    assert not list((tmp_path / "index").rglob("s0*"))


def test_more_than_the_contents_say_is_refused(members: Members, tmp_path: Path) -> None:
    """A file that nobody told of is no part of an export."""
    (tmp_path / "x.tar.zst").write_bytes(packed({**members, "more": b"x"}))
    with pytest.raises(IndexDamaged, match="more files than it says"):
        import_index(tmp_path / "x.tar.zst", tmp_path / "index")


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_that_was_not_foreseen_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, *, debug: bool
) -> None:
    """It exits with 70, for 1 says that nothing was found, and shows its traceback only to whoever asks for it."""

    def fail(*_: object, **__: object) -> None:
        raise TypeError("no \x1b[31m such thing")

    monkeypatch.setattr(Index, "open", fail)
    monkeypatch.setenv("NEWSDEX_DEBUG", "1" if debug else "")
    assert main_search(["ferry", "--index-dir", str(tmp_path)]) == 70
    out, err = capsys.readouterr()
    assert (out, "\x1b" in err, "Traceback" in err) == ("", False, debug)
    assert err.splitlines()[-1].startswith("search: internal error: TypeError: no ")
    assert "NEWSDEX_DEBUG=1" in err


def exported(tmp_path: Path, members: Members) -> Path:
    """An index that can be exported."""
    (tmp_path / "x.tar.zst").write_bytes(packed(members))
    import_index(tmp_path / "x.tar.zst", tmp_path / "index")
    return tmp_path / "index"


def test_an_export_does_not_take_the_place_of_a_device(members: Members, tmp_path: Path) -> None:
    """What is no regular file stays what it is; a pipe stands here for /dev/null."""
    index = exported(tmp_path, members)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(UsageError, match="is not a regular file"):
            export_index(index, tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert (tmp_path / "link").is_symlink()
    assert not list(tmp_path.glob(".newsdex*"))


SCRATCH = (
    "import os, signal, sys, time; from pathlib import Path; from newsdex.console import tidies_up_at_signal; from "
    "newsdex.store.files import scratch_folder"
)


def stopped_by(number: int, folder: Path) -> None:
    """An export into ``folder`` that was stopped by a signal half way."""
    program = (
        f"{SCRATCH}\n"
        f"with tidies_up_at_signal(), scratch_folder(Path(sys.argv[1])) as made:\n"
        f"    (made / 's000001.texts').write_text('a secret')\n    os.kill(os.getpid(), {number})\n    time.sleep(60)"
    )
    subprocess.run([sys.executable, "-c", program, folder], capture_output=True, check=False, cwd=TESTS.parent)


def test_a_killed_export_is_cleared_away_by_the_next(members: Members, tmp_path: Path) -> None:
    """What it left is removed, unless an export that is still running holds it; one that is asked to end removes it itself."""
    index = exported(tmp_path, members)
    stopped_by(signal.SIGTERM, tmp_path)
    assert list(tmp_path.glob(".newsdex-*")) == []
    stopped_by(signal.SIGKILL, tmp_path)
    (left,) = tmp_path.glob(".newsdex-*")
    assert (left / "s000001.texts").exists()
    program = f"{SCRATCH}\nwith scratch_folder(Path(sys.argv[1])) as made:\n    print(made, flush=True)\n    sys.stdin.read()"
    command = [sys.executable, "-c", program, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TESTS.parent) as other:
        assert other.stdout
        running = Path(other.stdout.readline().strip())
        assert not left.exists()
        export_index(index, tmp_path / "y.tar.zst")
        assert list(tmp_path.glob(".newsdex-*")) == [running]
        other.communicate("")
    assert list(tmp_path.glob(".newsdex-*")) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"parts": [OUTSIDE]}, id="a part elsewhere"),
        pytest.param({"parts": "part"}, id="parts of another type"),
        pytest.param({"model": {}}, id="no model"),
        pytest.param({"passages": -1}, id="a count below 0"),
        pytest.param({"more": 1}, id="more"),
        pytest.param(None, id="nested lists"),
    ],
)
def test_what_a_folder_of_parquet_says_is_checked(members: Members, tmp_path: Path, change: dict[str, Any] | None) -> None:
    """As a commit is: no name leads elsewhere, and each field is of its type."""
    contents = json.loads(members[CONTENTS])
    told = {"format": 1, "model": contents["model"], "chunking": contents["chunking"], "base": "/", "parts": ["part-000000.parquet"]}
    (tmp_path / "about.json").write_text(json.dumps(told))
    assert read_about(tmp_path).parts == ("part-000000.parquet",)
    (tmp_path / "about.json").write_text("[" * 100_000 if change is None else json.dumps(told | change))
    with pytest.raises(IndexDamaged, match="is damaged"):
        read_about(tmp_path)
