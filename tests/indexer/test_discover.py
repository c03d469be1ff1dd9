"""Which files below a folder are read, and what is said of the others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsdex.errors import SourceError
from newsdex.indexer.discover import Discovery, Pattern, counts_in_words, discover, open_regular

NOWHERE = Path("/archive/index_data")


def _write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}.")


def _names(found: Discovery, folder: Path) -> list[str]:
    return [file.path.relative_to(folder).as_posix() for file in found.files]


def _skipped(found: Discovery, folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): reason for path, reason in found.skipped}


def test_all_files_of_known_formats_are_found_in_order(tmp_path: Path) -> None:
    """Files at every depth are found, in the order of their paths, with their status."""
    _write(tmp_path, "b.md", "a/z.txt", "a/b/c.jsonl", "a.TXT", "c d/é 中国.markdown", "a/b.text", "z.ndjson")
    found = discover([tmp_path], NOWHERE)

    assert _names(found, tmp_path) == ["a/b/c.jsonl", "a/b.text", "a/z.txt", "a.TXT", "b.md", "c d/é 中国.markdown", "z.ndjson"]
    assert [file.path for file in found.files] == sorted(file.path for file in found.files)
    assert [file.status.st_size for file in found.files] == [file.path.stat().st_size for file in found.files]
    assert (found.skipped, found.missing, found.other_formats) == ([], [], Counter())


def test_other_formats_are_counted(tmp_path: Path) -> None:
    """Files of unknown formats are not named one by one but counted, capitals or not."""
    _write(tmp_path, "a.txt", "1.png", "2.PNG", "x/3.png", "Makefile", "README", "b.tar.gz")
    found = discover([tmp_path], NOWHERE)

    assert _names(found, tmp_path) == ["a.txt"]
    assert found.other_formats == {".png": 3, "no suffix": 2, ".gz": 1}
    assert counts_in_words(found.other_formats) == "3 .png, 2 no suffix, 1 .gz (--ocr reads pictures)"


def test_folder_called_like_a_page_is_any_other(tmp_path: Path) -> None:
    """What a browser saves beside a page has the same name as parts of a story that somebody put there."""
    _write(tmp_path, "case.html", "case_files/part1.txt", "case_files/part2.html", "case_files/a.css")
    found = discover([tmp_path], NOWHERE)

    assert _names(found, tmp_path) == ["case.html", "case_files/part1.txt", "case_files/part2.html"]
    assert found.other_formats == {".css": 1}


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    """What starts with a point is neither read nor counted, below a folder that was named."""
    _write(tmp_path, "a.txt", ".b.txt", ".git/c.txt", "d/.cache/e/f.md", ".DS_Store", "d/g.md")
    found = discover([tmp_path], NOWHERE)

    assert _names(found, tmp_path) == ["a.txt", "d/g.md"]
    assert (found.skipped, found.other_formats) == ([], Counter())


@pytest.mark.parametrize("name", [".hidden.txt", ".hidden/a.txt"])
def test_hidden_file_is_read_when_it_is_named(name: str, tmp_path: Path) -> None:
    """Whoever names a hidden file or folder means it."""
    _write(tmp_path, name)

    assert _names(discover([tmp_path / name], NOWHERE), tmp_path) == [name]
    assert _names(discover([(tmp_path / name).parent], NOWHERE), tmp_path) == ([name] if "/" in name else [])


@pytest.mark.parametrize("through_link", [pytest.param(False, id="as it is"), pytest.param(True, id="through a link")])
def test_index_folder_is_left_out(through_link: bool, tmp_path: Path) -> None:
    """The index is never an article in itself, by whichever path it is known; a folder of the same name elsewhere is read."""
    _write(tmp_path, "archive/a.txt", "archive/index_data/README.md", "archive/old/index_data/b.txt")
    index_folder = tmp_path / "archive" / "index_data"
    if through_link:
        (tmp_path / "link").symlink_to(tmp_path / "archive")
        index_folder = tmp_path / "link" / "index_data"

    assert _names(discover([tmp_path / "archive"], index_folder), tmp_path) == ["archive/a.txt", "archive/old/index_data/b.txt"]


def test_missing_paths_are_named(tmp_path: Path) -> None:
    """A path that does not exist is reported, absolute, and the others are read."""
    _write(tmp_path, "a.txt")
    found = discover([tmp_path / "nothing", tmp_path / "a.txt", tmp_path / "no.txt"], NOWHERE)

    assert found.missing == [tmp_path / "nothing", tmp_path / "no.txt"]
    assert _names(found, tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(["a.txt", "a.txt"], id="twice"),
        pytest.param(["a.txt", "."], id="and its folder"),
        pytest.param([".", "a.txt"], id="after its folder"),
        pytest.param([".", "sub/.."], id="its folder in two ways"),
        pytest.param(["a.txt", "./sub/../a.txt"], id="in two ways"),
        pytest.param([".", "sub"], id="a folder and one in it"),
    ],
)
def test_file_named_twice_is_found_once(named: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often and by whatever path a file is named, it is one file, at its absolute path."""
    _write(tmp_path, "a.txt", "sub/b.txt")
    monkeypatch.chdir(tmp_path)
    found = discover([Path(name) for name in named], NOWHERE)

    everything = any((tmp_path / name).is_dir() for name in named)
    assert _names(found, tmp_path) == ["a.txt", *(["sub/b.txt"] if everything else [])]


def test_named_file_of_another_format_is_skipped_with_the_formats_there_are(tmp_path: Path) -> None:
    """Whoever names a file that cannot be read is told which could be."""
    _write(tmp_path, "a.doc")
    found = discover([tmp_path / "a.doc"], NOWHERE)

    assert found.files == []
    assert _skipped(found, tmp_path)["a.doc"].startswith("unknown format '.doc' (expected .")
    assert ".docx, " in _skipped(found, tmp_path)["a.doc"]


@pytest.mark.parametrize("named", [pytest.param(".", id="below a folder"), pytest.param("pipe.txt", id="named")])
@pytest.mark.timeout(10)
def test_pipe_is_not_opened(named: str, tmp_path: Path) -> None:
    """A pipe, which would be read for ever, is skipped with a reason."""
    os.mkfifo(tmp_path / "pipe.txt")
    found = discover([tmp_path / named], NOWHERE)

    assert found.files == []
    assert _skipped(found, tmp_path) == {"pipe.txt": "not a regular file"}


def test_folder_that_is_called_like_a_file_is_a_folder(tmp_path: Path) -> None:
    """A folder is walked, whatever its name ends with."""
    _write(tmp_path, "2024.txt/a.md")
    found = discover([tmp_path], NOWHERE)

    assert _names(found, tmp_path) == ["2024.txt/a.md"]
    assert found.skipped == []


def test_link_to_a_file_below_the_folder_is_followed(tmp_path: Path) -> None:
    """A link that stays in the folder is a file at its own path."""
    _write(tmp_path, "archive/real/a.txt")
    (tmp_path / "archive" / "link.txt").symlink_to("real/a.txt")
    found = discover([tmp_path / "archive"], NOWHERE)

    assert _names(found, tmp_path / "archive") == ["link.txt", "real/a.txt"]
    assert {file.status.st_ino for file in found.files} == {(tmp_path / "archive/real/a.txt").stat().st_ino}
    assert found.skipped == []


@pytest.mark.parametrize("target", ["../secret.txt", "../archive2/a.txt"])
def test_link_that_leaves_the_folder_is_skipped(target: str, tmp_path: Path) -> None:
    """A link to a file elsewhere, be it a folder whose name begins the same, is not read, and is said not to be."""
    _write(tmp_path, "archive/a.txt", "secret.txt", "archive2/a.txt")
    (tmp_path / "archive" / "link.txt").symlink_to(target)
    found = discover([tmp_path / "archive"], NOWHERE)

    assert _names(found, tmp_path / "archive") == ["a.txt"]
    assert _skipped(found, tmp_path / "archive") == {"link.txt": f"a link that leaves {tmp_path / 'archive'}"}


def test_link_that_is_named_is_followed_wherever_it_leads(tmp_path: Path) -> None:
    """Whoever names a link to a file or a folder means what it leads to."""
    _write(tmp_path, "elsewhere/a.txt", "elsewhere/sub/b.txt")
    (tmp_path / "file.txt").symlink_to("elsewhere/a.txt")
    (tmp_path / "folder").symlink_to("elsewhere")
    found = discover([tmp_path / "file.txt", tmp_path / "folder"], NOWHERE)

    assert _names(found, tmp_path) == ["file.txt", "folder/a.txt", "folder/sub/b.txt"]
    assert found.skipped == []


def test_folder_below_a_link_is_read_as_any_other(tmp_path: Path) -> None:
    """That a link led to the folder does not make its files links that leave it."""
    _write(tmp_path, "disk/archive/a.txt", "disk/archive/real/b.txt", "disk/secret.txt")
    (tmp_path / "disk/archive/c.txt").symlink_to("real/b.txt")
    (tmp_path / "disk/archive/d.txt").symlink_to("../secret.txt")
    (tmp_path / "home").symlink_to("disk")
    found = discover([tmp_path / "home" / "archive"], NOWHERE)

    assert _names(found, tmp_path / "home/archive") == ["a.txt", "c.txt", "real/b.txt"]
    assert list(_skipped(found, tmp_path / "home/archive")) == ["d.txt"]


def test_link_to_a_folder_elsewhere_is_skipped_with_a_reason(tmp_path: Path) -> None:
    """A link to a folder elsewhere is not walked, and whoever expects its articles is told so."""
    _write(tmp_path, "archive/a.txt", "elsewhere/b.txt")
    (tmp_path / "archive" / "link").symlink_to("../elsewhere")
    found = discover([tmp_path / "archive"], NOWHERE)

    assert _names(found, tmp_path / "archive") == ["a.txt"]
    assert list(_skipped(found, tmp_path / "archive")) == ["link"]


@pytest.mark.timeout(10)
def test_links_in_a_loop_are_not_walked_for_ever(tmp_path: Path) -> None:
    """A link to the folder it lies in finds no file a second time, and links to each other are skipped with a reason."""
    _write(tmp_path, "a.txt", "sub/b.txt")
    (tmp_path / "sub" / "up").symlink_to("..")
    (tmp_path / "c.txt").symlink_to("d.txt")
    (tmp_path / "d.txt").symlink_to("c.txt")
    found = discover([tmp_path], NOWHERE)

    assert _names(found, tmp_path) == ["a.txt", "sub/b.txt"]
    skipped = {name: reason for name, reason in _skipped(found, tmp_path).items() if name != "sub/up"}
    assert sorted(skipped) == ["c.txt", "d.txt"]
    assert all(reason.startswith("cannot be read: ") for reason in skipped.values())


@pytest.mark.parametrize("named", [pytest.param(".", id="below a folder"), pytest.param("link.txt", id="named")])
def test_link_to_nothing_is_skipped(named: str, tmp_path: Path) -> None:
    """A link whose file is gone is there, but cannot be read."""
    (tmp_path / "link.txt").symlink_to("gone.txt")
    found = discover([tmp_path / named], NOWHERE)

    assert (found.files, found.missing) == ([], [])
    assert _skipped(found, tmp_path) == {"link.txt": "cannot be read: No such file or directory"}


def test_name_that_is_no_utf8_is_found(tmp_path: Path) -> None:
    """A name in an encoding of the time before Unicode is a name."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text("Coffee.")

    assert [file.path for file in discover([tmp_path], NOWHERE).files] == [path]


def test_empty_folder_has_nothing(tmp_path: Path) -> None:
    """Nothing to read is not an error here."""
    assert discover([tmp_path], NOWHERE) == Discovery()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.md", ["a.md", "b.md"]),
        ("**/*.md", ["a.md", "b.md", "x/c.md", "x/y/d.md"]),
        ("x/**/*.md", ["x/c.md", "x/y/d.md"]),
        ("?.md", ["a.md", "b.md"]),
        ("[!a].md", ["b.md"]),
        ("x*", ["x/c.md", "x/e.txt", "x/y/d.md"]),
        ("**", ["a.md", "b.md", "x/c.md", "x/e.txt", "x/y/d.md"]),
        ("**/y", ["x/y/d.md"]),
        ("*/*", ["x/c.md", "x/e.txt", "x/y/d.md"]),
    ],
)
def test_patterns_name_files_and_folders(pattern: str, names: Sequence[str], tmp_path: Path) -> None:
    """A quoted pattern is expanded as a shell with globstar does, but for what is hidden, or not the pattern's, which is not even
    counted.
    """
    _write(tmp_path, "a.md", "b.md", "x/c.md", "x/y/d.md", "x/e.txt", ".hidden/f.md", "x/.g.md")
    found = discover([tmp_path / pattern], NOWHERE)

    assert _names(found, tmp_path) == names
    assert (found.skipped, found.missing) == ([], [])


def test_patterns_agree_with_pathlib(tmp_path: Path) -> None:
    """The standard library finds the same files."""
    _write(tmp_path, *(f"{a}{b}.{c}" for a in ("", "x/", "xy/", "x/y/", "y/x/y/") for b in ("a", "ab", "b") for c in ("md", "txt")))
    for pattern in ("*.md", "**/*.md", "x/*", "x*/*b*", "**/y/*", "**/x/**/a.*", "?/?/?.md", "**/**/b.txt", "*/**/*", "[xy]/[!a]*"):
        expected = sorted(path for path in tmp_path.glob(pattern) if path.is_file())
        found = {file.path for file in discover([tmp_path / pattern], NOWHERE).files}
        whole_folders = {file for path in tmp_path.glob(pattern) if path.is_dir() for file in path.rglob("*") if file.is_file()}
        assert found == {*expected, *whole_folders}, pattern


def test_pattern_that_nothing_matches_is_missing(tmp_path: Path) -> None:
    """As a file that is not there."""
    _write(tmp_path, "a.md")
    found = discover([tmp_path / "*.html", tmp_path / "none" / "*.md"], NOWHERE)

    assert (found.files, found.missing) == ([], [tmp_path / "*.html", tmp_path / "none" / "*.md"])


def test_file_that_is_called_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    """What exists is meant as it is written."""
    _write(tmp_path, "[a].md", "a.md")

    assert _names(discover([tmp_path / "[a].md"], NOWHERE), tmp_path) == ["[a].md"]


@pytest.mark.timeout(10)
def test_patterns_follow_no_links_to_folders(tmp_path: Path) -> None:
    """Links in a loop, which double with each level, and links that leave are not walked, and are named if they are meant."""
    _write(tmp_path, "x/a.md")
    (tmp_path / "x" / "one").symlink_to("..")
    (tmp_path / "x" / "two").symlink_to("..")
    found = discover([tmp_path / "**" / "*.md"], NOWHERE)

    assert _names(found, tmp_path) == ["x/a.md"]
    assert list(_skipped(discover([tmp_path / "x" / "*"], NOWHERE), tmp_path)) == ["x/one", "x/two"]


def test_many_stars_take_no_time() -> None:
    """A pattern is matched in one pass over a path."""
    pattern = Pattern.of(Path("/", *["**", "a"] * 30, "b.md"))

    assert pattern
    assert not pattern.matches(Path("/", *["a"] * 200, "c.md"))
    assert pattern.matches(Path("/", *["a"] * 200, "b.md"))


@pytest.mark.timeout(10)
def test_pipe_that_takes_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """Between being found and being read a file can become anything."""
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(SourceError, match="not a regular file"):
        open_regular(tmp_path / "a.txt")
    (tmp_path / "b.txt").symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="not a regular file"):
        open_regular(tmp_path / "b.txt")
    (tmp_path / "c.txt").write_bytes(b"Text.")
    with open_regular(tmp_path / "c.txt") as file:
        assert file.read() == b"Text."
