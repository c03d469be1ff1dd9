"""Articles in .gz and .zip: read as if they were unpacked, and never more of them than is reasonable."""

from __future__ import annotations

import gzip
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsdex.errors import SourceError
from newsdex.indexer.readers.packed import format_of, holds_one_article
from newsdex.indexer.source import Source
from newsdex.records import Article

MIB = 1 << 20


def read(path: Path) -> list[Article | str]:
    """What a file holds, and what of it cannot be read, and at the end why no more can be."""
    known = format_of(path)
    assert known
    items: list[Article | str] = []
    try:
        items.extend(item.reason if isinstance(item, SourceError) else item for item in known.articles(Source(path, path.name)))
    except SourceError as error:
        items.append(error.reason)
    return items


def shown(items: Sequence[Article | str]) -> list[str]:
    return [item if isinstance(item, str) else f"{item.id}={item.text.strip()}" for item in items]


def lines(*texts: str) -> bytes:
    return "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()


def test_names_of_packed_files() -> None:
    """The name within decides whether a compressed file is read, and whether it is one article."""
    known = ("a.txt.gz", "a.MD.GZ", "a.jsonl.gz", "a.html.gz", "a.zip", "a.ZIP")
    assert [name for name in (*known, "a.gz", "a.png.gz", "a.zip.gz", "a.tar.gz", "a.gz.gz") if format_of(Path(name))] == list(known)
    assert [holds_one_article(Path(name)) for name in ("a.txt.gz", "a.jsonl.gz", "a.zip", "a.png")] == [True, False, False, True]


def test_a_compressed_file_is_what_it_would_be_unpacked(tmp_path: Path) -> None:
    """Text, offsets and records are those of the content; the path and the id are those of the file."""
    content = "---\ntitle: Ça\n---\nDie Elbe stieg.\r\n".encode("cp1252")
    (tmp_path / "a.md").write_bytes(content)
    (tmp_path / "a.md.gz").write_bytes(gzip.compress(content))
    (plain,), (packed,) = read(tmp_path / "a.md"), read(tmp_path / "a.md.gz")
    assert isinstance(plain, Article)
    assert isinstance(packed, Article)
    assert (packed.text, packed.body, packed.title, packed.sha256) == (plain.text, plain.body, plain.title, plain.sha256)
    assert (packed.path, packed.id, packed.member) == (tmp_path / "a.md.gz", "a.md.gz", "")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines("A.")) + gzip.compress(lines("B.", "C.")))
    assert shown(read(tmp_path / "b.jsonl.gz")) == ["b.jsonl.gz#1=A.", "b.jsonl.gz#2=B.", "b.jsonl.gz#3=C."]


def test_a_file_that_is_cut_short_gives_what_comes_before(tmp_path: Path) -> None:
    """Records that were compressed before the damage are read, the rest is named; half an article is none."""
    whole = gzip.compress(lines(*(f"{number} {os.urandom(2_000).hex()}" for number in range(1_000))))
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    *articles, reason = read(tmp_path / "a.jsonl.gz")
    assert 400 < len(articles) < 600
    assert reason == "cut short"
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(os.urandom(10_000).hex().encode())[:5_000])
    assert read(tmp_path / "b.txt.gz") == ["cut short"]
    (tmp_path / "c.txt.gz").write_bytes(b"Not compressed.")
    assert shown(read(tmp_path / "c.txt.gz"))[0].startswith("cannot be unpacked: Not a gzipped file")


def test_members_of_an_archive_are_articles(tmp_path: Path) -> None:
    """Each by the name that it has there; the archive is their path. Hidden members and folders are passed over, other formats counted."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (
            "b.txt",
            "may/a.md",
            "may/é 中国.txt",
            "__MACOSX/may/._a.md",
            ".hidden/c.txt",
            "may/.d.txt",
            "1.png",
            "2.png",
            "Makefile",
        ):
            archive.writestr(name, f"This is {name}.")
        archive.mkdir("empty") if hasattr(archive, "mkdir") else None
        archive.writestr("news.jsonl", lines("A.", "B."))
    items = read(tmp_path / "a.zip")
    assert shown(items) == [
        "a.zip#b.txt=This is b.txt.",
        "a.zip#may/a.md=This is may/a.md.",
        "a.zip#may/é 中国.txt=This is may/é 中国.txt.",
        "a.zip#news.jsonl#1=A.",
        "a.zip#news.jsonl#2=B.",
        "members of other formats: 2 .png, 1 no suffix",
    ]
    articles = [item for item in items if isinstance(item, Article)]
    assert {article.path for article in articles} == {tmp_path / "a.zip"}
    assert [(article.member, article.record) for article in articles[-2:]] == [("news.jsonl", 1), ("news.jsonl", 2)]


def test_members_that_are_not_read_are_named(tmp_path: Path) -> None:
    """A name that leads elsewhere, a link, an archive in an archive, encryption, damage: each costs only that member."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("/etc/a.txt", "../b.txt", "c/../../d.txt", "..\\e.txt", "C:\\f.txt"):
            archive.writestr(zipfile.ZipInfo(name), "Secret.")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", b"PK")
        archive.writestr("inner.txt.gz", gzip.compress(b"Text."))
        archive.writestr("damaged.txt", b"Damaged text.")
        archive.writestr("locked.txt", b"Locked text.")
        archive.writestr("good.txt", b"Good text.")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[content.index(b"Damaged")] ^= 1
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the local header and the directory
        place = content.index(b"locked.txt") if flags == 6 else content.rindex(b"locked.txt")
        place = content.rindex(mark, 0, place)
        content[place + flags] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    out = "its name points outside the archive"
    assert shown(read(tmp_path / "a.zip")) == [
        f"/etc/a.txt: {out}",
        f"../b.txt: {out}",
        f"c/../../d.txt: {out}",
        f"..\\e.txt: {out}",
        f"C:\\f.txt: {out}",
        "link.txt: a link",
        "inner.zip: a nested archive: unpack it first",
        "inner.txt.gz: a nested archive: unpack it first",
        "damaged.txt: cannot be unpacked: Bad CRC-32 for file 'damaged.txt'",
        "locked.txt: encrypted",
        "a.zip#good.txt=Good text.",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"<html></html>", b"PK\x05\x06" + b"\xff" * 18], ids=["empty", "begun", "another", "lying"]
)
def test_what_is_no_archive_is_named(content: bytes, tmp_path: Path) -> None:
    """Whatever a file called .zip holds, it is named and nothing is raised but that."""
    (tmp_path / "a.zip").write_bytes(content)
    (reason,) = shown(read(tmp_path / "a.zip"))
    assert reason.startswith("not a readable zip archive: ")


def bomb(mebibytes: int) -> bytes:
    """So much of nothing, compressed a thousand to one."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([compressor.compress(bytes(MIB)) for _ in range(mebibytes)] + [compressor.flush()])


@pytest.mark.parametrize("name", ["a.txt.gz", "a.jsonl.gz"])
def test_a_bomb_is_not_unpacked(name: str, tmp_path: Path) -> None:
    """A file that unpacks to far more than its size is left there."""
    (tmp_path / name).write_bytes(bomb(300))
    assert shown(read(tmp_path / name)) == ["unpacks to more than 100 times its size"]


def test_members_that_share_their_bytes_are_not_unpacked_without_end(tmp_path: Path) -> None:
    """An archive whose directory names the same bomb a thousand times unpacks no more than one of its size may."""
    with zipfile.ZipFile(tmp_path / "one.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.txt", " " * (30 * MIB))
    whole = (tmp_path / "one.zip").read_bytes()
    start = whole.index(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    entry, count = whole[start:end], 1_000
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    (tmp_path / "a.zip").write_bytes(whole[:start] + entry * count + tail)
    items = shown(read(tmp_path / "a.zip"))
    assert len(items) <= 1_001
    assert sum("=" in item for item in items) <= 6
