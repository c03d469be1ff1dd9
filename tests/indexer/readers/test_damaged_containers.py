"""Files of many records of which one is damaged: every other is found as it was, and nothing is lost without a name."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cpu_time import cheapest

from newsdex.errors import SourceError
from newsdex.indexer.readers.crawl_records import crawl_records
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.source import Source
from newsdex.records import Article

WORDS = ["talks", "river", "minister", "copper", "Köln", "Genève", "bridge,", "harbour;", "Zürich", "ministry", "said"]
FEED_HEAD = b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Example</title>'
FEED_TAIL = b"</channel></rss>"


def read(path: Path) -> tuple[dict[str, str], list[str]]:
    """The texts of the articles in a file by their ids, and all that is said of it."""
    known = format_of(path)
    assert known
    texts: dict[str, str] = {}
    problems: list[str] = []
    try:
        for item in known.articles(Source(path, path.name)):
            if isinstance(item, Article):
                texts[item.id] = item.text
            else:
                problems.append(item.reason)
    except SourceError as error:
        problems.append(error.reason)
    return texts, problems


def damaged(rng: random.Random, record: bytes, noise: bytes = bytes(range(256))) -> bytes:
    """A record that is cut short, lacks a piece, or has something else in place of one."""
    start = rng.randrange(1, len(record))
    end = min(len(record), start + rng.randrange(1, 40))
    kind = rng.choice(["cut", "lacking", "overwritten"])
    if kind == "cut":
        return record[:start]
    other = bytes(rng.choice(noise) for _ in range(end - start)) if kind == "overwritten" else b""
    return record[:start] + other + record[end:]


def text_of(rng: random.Random, number: int) -> str:
    return f"Report {number}: " + " ".join(rng.choice(WORDS) for _ in range(rng.randrange(5, 60)))


def json_line(number: int, text: str) -> bytes:
    return json.dumps({"_id": f"r{number}", "title": f"T{number}", "text": text}, ensure_ascii=number % 2 == 0).encode()


def csv_row(number: int, text: str) -> bytes:
    row = io.StringIO()
    csv.writer(row).writerow([f"r{number}", text, "2024-04-26"])
    return row.getvalue().removesuffix("\r\n").encode()


def message(number: int, text: str) -> bytes:
    return f"Message-ID: <r{number}>\nSubject: T{number}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()


def feed_item(number: int, text: str) -> bytes:
    return f"<item><title>T{number}</title><guid>r:{number}</guid><description><![CDATA[<p>{text}</p>]]></description></item>".encode()


def of_lines(records: Sequence[bytes]) -> bytes:
    return b"".join(record + b"\n" for record in records)


def mailbox(records: Sequence[bytes]) -> bytes:
    return b"".join(b"From a Fri Apr 26 12:30:00 2024\n" + record + b"\n\n" for record in records)


# For each kind of file: a record, a file of them, and how an article is called.
KINDS: dict[str, tuple[Callable[[int, str], bytes], Callable[[Sequence[bytes]], bytes], str]] = {
    "a.jsonl": (json_line, of_lines, "r{}"),
    "a.json": (json_line, lambda records: b'{"count": 3, "articles": [' + b",\n".join(records) + b"]}", "r{}"),
    "a.csv": (csv_row, lambda records: of_lines([b"id,text,date", *records]), "r{}"),
    "a.mbox": (message, mailbox, "r{}"),
    "a.rss": (feed_item, lambda records: FEED_HEAD + b"\n".join(records) + FEED_TAIL, "r:{}"),
}


def check(path: Path, kind: str, rng: random.Random) -> None:
    record, joined, name = KINDS[kind]
    texts = {number: text_of(rng, number) for number in range(rng.randrange(2, 60))}
    records = [record(number, text) for number, text in texts.items()]
    bad = rng.randrange(len(records))
    # A mailbox and a feed have only marks within the text that tell where a record begins; these are not made up.
    records[bad] = damaged(rng, records[bad], bytes(set(range(256)) - set(b"<F")))
    path.write_bytes(joined(records))
    found, problems = read(path)
    for number, text in texts.items():
        if number != bad:
            assert found.get(name.format(number)) == text, (number, problems)
    assert problems or name.format(bad) in found or len(found) == len(texts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_record_costs_itself(kind: str, seed: int, tmp_path: Path) -> None:
    """Whatever has happened to one record."""
    check(tmp_path / kind, kind, random.Random(f"{kind} {seed}"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_records_cost_themselves(kind: str, tmp_path: Path) -> None:
    """The same, some hundred times."""
    for seed in range(250):
        check(tmp_path / kind, kind, random.Random(f"many {kind} {seed}"))


# Packed: what is damaged does not unpack


def check_gzip(path: Path, rng: random.Random) -> None:
    texts = {number: text_of(rng, number) for number in range(rng.randrange(2, 40))}
    members = [gzip.compress(json_line(number, text) + b"\n", mtime=0) for number, text in texts.items()]
    bad = rng.randrange(len(members))
    members[bad] = damaged(rng, members[bad])
    path.write_bytes(b"".join(members))
    found, problems = read(path)
    assert {number for number in texts if found.get(f"r{number}") != texts[number]} <= {bad}, problems
    assert problems or f"r{bad}" in found


def check_zip(path: Path, rng: random.Random) -> None:
    texts = {f"{number}.txt": text_of(rng, number) for number in range(rng.randrange(2, 40))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        infos = archive.infolist()
    content = packed.getvalue()
    kind = rng.choice(["member", "directory", "cut"])
    places = [info.header_offset for info in infos] + [content.index(b"PK\x01\x02")]
    bad = rng.randrange(len(infos))
    lost = {infos[bad].filename} if kind == "member" else set()
    start, end = (places[bad], places[bad + 1]) if kind == "member" else (places[-1], len(content))
    if kind == "cut":
        content = content[: rng.randrange(start, len(content))]
    else:
        content = content[:start] + damaged(rng, content[start:end]) + content[end:]
    path.write_bytes(content)
    found, problems = read(path)
    articles = {name.partition("#")[2]: text for name, text in found.items()}
    assert {name for name in texts if articles.get(name) != texts[name]} <= lost, (kind, problems)
    assert problems or not lost or articles == texts


def warc_record(number: int, text: str) -> bytes:
    body = text.encode()
    head = f"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://e.example/{number}\r\nContent-Type: text/plain\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def check_warc(path: Path, rng: random.Random) -> None:
    records = [warc_record(number, text_of(rng, number)) for number in range(rng.randrange(2, 40))]
    packed = rng.random() < 0.5
    bad = rng.randrange(len(records))
    kept = [record for number, record in enumerate(records) if number != bad]
    kind = rng.choice(["damaged", "longer", "shorter"])
    if kind != "damaged":
        length = int(records[bad].partition(b"Content-Length: ")[2].partition(b"\r")[0])
        told = length + rng.randrange(1, 100_000) if kind == "longer" else rng.randrange(length)
        records[bad] = records[bad].replace(b"Content-Length: %d\r" % length, b"Content-Length: %d\r" % told)
    parts = [gzip.compress(record + b"\r\n\r\n", mtime=0) if packed else record + b"\r\n\r\n" for record in records]
    if kind == "damaged":
        parts[bad] = damaged(rng, parts[bad][:-4]) + parts[bad][-4:]
    path.write_bytes(b"".join(parts))
    with path.open("rb") as file:
        found = list(crawl_records(file))
    whole = [record.content for record in found if not record.problem]
    assert [record for record in kept if record not in whole] == [], (kind, packed, [record.problem for record in found])
    assert any(record.problem for record in found) or len(whole) == len(records)


PACKED: dict[str, Callable[[Path, random.Random], None]] = {"a.jsonl.gz": check_gzip, "a.zip": check_zip, "a.warc": check_warc}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_part_costs_itself(kind: str, seed: int, tmp_path: Path) -> None:
    """Damage in what is packed, in a directory, in a length."""
    PACKED[kind](tmp_path / kind, random.Random(f"{kind} {seed}"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", PACKED)
def test_damaged_parts_cost_themselves(kind: str, tmp_path: Path) -> None:
    """The same, some hundred times."""
    for seed in range(250):
        PACKED[kind](tmp_path / kind, random.Random(f"many {kind} {seed}"))


_ROWS = {
    "a.csv": ("id,text\n", "r{0},{1}\n", ""),
    "a.jsonl": ("", '{{"id": "r{0}", "text": "{1}"}}\n', ""),
    "a.json": ("[", '{{"id": "r{0}", "text": "{1}"}},', '{"id": "last", "text": "The end."}]'),
    "a.mbox": ("", "From a@b Fri Apr 26 12:30:00 2024\nMessage-ID: <r{0}>\n\n{1}\n\n", ""),
    "a.rss": ("<rss version='2.0'><channel>", "<item><guid>urn:r{0}</guid><description>{1}</description></item>", "</channel></rss>"),
}


@pytest.mark.parametrize("name", _ROWS)
@pytest.mark.parametrize(("cut", "added"), [(0, b"garbage"), (4, b""), (200, b"")])
@pytest.mark.parametrize("rows", [40, 4_000])
def test_what_precedes_damage_is_read_in_each_format(rows: int, cut: int, added: bytes, name: str, tmp_path: Path) -> None:
    """Of a file that is packed as a whole and is cut off or has more behind it: all articles but those in the last bytes."""
    head, row, tail = _ROWS[name]
    texts = {f"r{number}": text_of(random.Random(number), number).replace(",", "") for number in range(rows)}
    rest = "".join(row.format(key[1:], text) for key, text in texts.items())
    packed = gzip.compress(f"{head}{rest}{tail}".encode(), mtime=0)
    (tmp_path / f"{name}.gz").write_bytes(packed[: len(packed) - cut] + added)
    found, problems = read(tmp_path / f"{name}.gz")
    whole = [key for key, text in texts.items() if found.get(key, found.get(f"urn:{key}")) == text]
    assert len(whole) >= (rows if cut < 100 else rows - 25), problems
    assert "cut short" in problems[-1] or "cannot be unpacked" in problems[-1]


@pytest.mark.parametrize("rows", [1, 3, 5_000])
@pytest.mark.parametrize("zeros", [1, 3_000])
@pytest.mark.parametrize("at_end", [False, True])
def test_zero_bytes_in_a_row_are_named(tmp_path: Path, rows: int, zeros: int, at_end: bool) -> None:
    """A row with zero bytes, such as a file system leaves when power fails, is named by its line, and every other is as it was."""
    texts = {number: f"Report {number} of the harbour bridge." for number in range(rows)}
    lines = [csv_row(number, text) for number, text in texts.items()]
    lines.insert(rows if at_end else 0, csv_row(9_999, "half of it").replace(b" it", bytes(zeros) + b" it"))  # csv writes none before 3.11
    (tmp_path / "a.csv").write_bytes(of_lines([b"id,text,date", *lines]))
    found, problems = read(tmp_path / "a.csv")
    assert found == {**{f"r{number}": text for number, text in texts.items()}, "r9999": "half of it"}
    assert problems == [f"line {rows + 2 if at_end else 2}: contains zero bytes; indexed without them"]


def test_zero_bytes_in_a_row_of_several_lines_do_not_tear_it(tmp_path: Path) -> None:
    """Python's csv module refuses them before 3.11, which is no sign of a wrong quotation mark."""
    text = "Votes:\n" + "\n".join(f"District {number}, {number} votes, {number} per cent" for number in range(20))
    (tmp_path / "a.csv").write_bytes(of_lines([b"id,text,date", csv_row(1, text).replace(b"Votes", b"Vo\0tes"), csv_row(2, "Talks.")]))
    found, problems = read(tmp_path / "a.csv")
    assert found == {"r1": text, "r2": "Talks."}
    assert problems == ["line 2: contains zero bytes; indexed without them"]


def test_a_table_that_ends_within_a_character(tmp_path: Path) -> None:
    """As a download that ended early leaves it: what is there of the last row is read, and all before it."""
    content = of_lines([b"id,text,date", *(csv_row(number, f"Report {number} of Köln.") for number in range(3))])
    (tmp_path / "a.csv").write_bytes(content[: content.rindex("ö".encode()) + 1])
    found, _ = read(tmp_path / "a.csv")
    assert (found["r0"], found["r1"], list(found)) == ("Report 0 of Köln.", "Report 1 of Köln.", ["r0", "r1", "r2"])


def test_members_that_are_not_where_the_directory_says(tmp_path: Path) -> None:
    """An archive of which some bytes are missing in the middle names each member that is not whole, and says why in words."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", f"Report {number} of the harbour bridge.")
    content = (tmp_path / "a.zip").read_bytes()
    place = content.index(b"Report 1")
    (tmp_path / "a.zip").write_bytes(content[: place - 20] + content[place:])
    found, problems = read(tmp_path / "a.zip")
    assert set(found) == {f"a.zip#{number}.txt" for number in (0, 2, 3)}
    assert [problem for problem in problems if "crashed" in problem] == []
    assert any(problem.startswith("1.txt: ") for problem in problems)


def test_a_table_below_long_blank_lines(tmp_path: Path) -> None:
    """However much white space a file begins with, its first line with text is the header."""
    (tmp_path / "a.csv").write_bytes(of_lines([b" " * 300_000] * 20 + [b"id,text,date", csv_row(1, "Talks."), csv_row(2, "More talks.")]))
    assert read(tmp_path / "a.csv") == ({"r1": "Talks.", "r2": "More talks."}, [])


def test_zero_bytes_in_a_json_file_cost_an_article(tmp_path: Path) -> None:
    """The same in a list of articles."""
    records = [json_line(number, f"Report {number}.") for number in range(5)]
    records[2] = records[2][:20] + bytes(3_000) + records[2][20:]
    (tmp_path / "a.json").write_bytes(b"[" + b",".join(records) + b"]")
    found, problems = read(tmp_path / "a.json")
    assert {"r0", "r1", "r3", "r4"} <= set(found)
    assert problems


def packed_with_bombs(path: Path, names: Sequence[str]) -> None:
    """An archive in which members called bomb unpack to far more than the archive may."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            if "bomb" in name:
                with archive.open(name, "w") as member:
                    for _ in range(80):
                        member.write(bytes(1 << 20))
            else:
                archive.writestr(name, f"The report {name}.")


@pytest.mark.parametrize("cut", [False, True])
def test_a_bomb_in_an_archive_costs_itself(tmp_path: Path, cut: bool) -> None:
    """Members before, between and behind bombs are read, also where the directory is lost, and each bomb is named."""
    packed_with_bombs(tmp_path / "a.zip", ["1.txt", "bomb.txt", "2.txt", "bomb.jsonl", "3.txt"])
    if cut:
        content = (tmp_path / "a.zip").read_bytes()
        (tmp_path / "a.zip").write_bytes(content[: content.index(b"PK\x01\x02")])
    found, problems = read(tmp_path / "a.zip")
    assert found == {f"a.zip#{number}.txt": f"The report {number}.txt." for number in (1, 2, 3)}
    assert [problem.partition(":")[0] for problem in problems if "bomb" in problem] == ["bomb.txt", "bomb.jsonl"]


def test_a_length_that_is_too_large_is_named(tmp_path: Path) -> None:
    """A record that says it is longer than it is takes none of those behind it, and what is left of it is there."""
    first, second, third = (warc_record(number, f"Report {number}.") + b"\r\n\r\n" for number in range(3))
    (tmp_path / "a.warc").write_bytes(first + second.replace(b"Content-Length: 9", b"Content-Length: 90000") + third)
    with (tmp_path / "a.warc").open("rb") as file:
        one, bad, two = crawl_records(file)
    assert (one.content, two.content) == (first[:-4], third[:-4])
    assert bad.problem == "its header says 90000 bytes, but the next record begins after 13"
    assert bad.content.endswith(b"Report 1.\r\n\r\n")


@pytest.mark.parametrize("junk", [b"junk", b"\0\0junk", b"line\r\njunk", b"x" * 100_001])
def test_a_record_behind_bytes_without_a_line_end_is_read(junk: bytes) -> None:
    """What is no record is named by its size."""
    first, second, third = (warc_record(number, f"Report {number}.") + b"\r\n\r\n" for number in range(3))
    one, bad, two, three = crawl_records(io.BytesIO(first + junk + second + third))
    assert [record.content for record in (one, two, three)] == [record[:-4] for record in (first, second, third)]
    assert bad.problem == f"{len(junk.lstrip(bytes(1)))} bytes that are not a record"


@pytest.mark.parametrize("cut", [1, 5, 9, 20, 60])
def test_a_record_behind_one_that_is_cut_off_within_a_line_is_read(cut: int) -> None:
    """As of a writer that was stopped and began anew."""
    first, second, third = (warc_record(number, f"Report {number}.") + b"\r\n\r\n" for number in range(3))
    found = list(crawl_records(io.BytesIO(first[: -4 - cut] + second + third)))
    assert [record.content for record in found if not record.problem] == [second[:-4], third[:-4]]
    assert [bool(record.problem) for record in found] == [True, False, False]


def test_lines_that_a_stopped_writer_left_together(tmp_path: Path) -> None:
    """What was begun again on the line of what was cut off is read, and several objects on a line are."""
    whole = [json_line(number, f"Report {number}.") for number in range(4)]
    (tmp_path / "a.jsonl").write_bytes(whole[0] + b"\n" + whole[1][:20] + whole[2] + whole[3] + b"\n")
    found, (problem,) = read(tmp_path / "a.jsonl")
    assert list(found) == ["r0", "r2", "r3"]
    assert problem.startswith("line 2: invalid JSON")


def test_a_member_that_is_not_whole_is_named_without_a_directory(tmp_path: Path) -> None:
    """An archive that was cut off, as of a download that ended early, gives all that has come of it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.txt", f"Report {number}. " * 100)
        place = archive.infolist()[2].header_offset
    (tmp_path / "a.zip").write_bytes(packed.getvalue()[: place + 50])
    found, problems = read(tmp_path / "a.zip")
    assert list(found) == ["a.zip#0.txt", "a.zip#1.txt"]
    assert problems == ["damaged (File is not a zip file): read without its directory", "2.txt: damaged"]


def test_members_with_sizes_behind_them_that_no_signature_precedes(tmp_path: Path) -> None:
    """The signature of a data descriptor is optional (APPNOTE 4.3.9.3): the member behind one without is read."""
    content = b""
    for number in range(3):
        text, packer = f"Report {number}.".encode() * 9, zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(text) + packer.flush()
        name = f"{number}.txt".encode()
        content += struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 8, 8, 0, 0, 0, 0, 0, len(name), 0) + name + packed
        content += struct.pack("<3I", zlib.crc32(text), len(packed), len(text))
    (tmp_path / "a.zip").write_bytes(content)
    found, problems = read(tmp_path / "a.zip")
    assert list(found) == [f"a.zip#{number}.txt" for number in range(3)]
    assert problems == ["damaged (File is not a zip file): read without its directory"]


def test_damage_costs_no_more_than_is_there_to_read() -> None:
    """What ends a record that is open is looked for once, and not once for each record: ten times as much takes no hundred times as
    long.
    """

    def cost(records: int) -> float:
        content = b"".join(b"WARC/1.0\r\nContent-Length: 60000000\r\n\r\nText.\r\n\r\n" for _ in range(records))
        assert len(list(crawl_records(io.BytesIO(content)))) == records
        return cheapest(lambda: list(crawl_records(io.BytesIO(content))))

    assert cost(20_000) < 60 * max(0.01, cost(2_000))
