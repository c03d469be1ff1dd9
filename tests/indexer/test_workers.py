"""What files that somebody else wrote may cost: bounded time and memory, and only themselves."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsdex import Index, Options, Published, Report, index_paths
from newsdex.errors import SourceError
from newsdex.indexer.discover import discover
from newsdex.indexer.limits import Limits
from newsdex.indexer.readers import FORMATS, Format
from newsdex.indexer.source import Source
from newsdex.indexer.workers import protocol
from newsdex.indexer.workers.pool import Parsers
from newsdex.records import Article, Span

NOWHERE = Path("/archive/index_data")
PAGE = "<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
SENTENCE = "The river rose by three metres on Friday, and the mayor asked everybody to leave the lower town. "


def page(number: int, paragraphs: int = 4) -> str:
    """A web page with one article."""
    return PAGE.format(title=f"Report {number}", text=f"<p>Report {number}. {SENTENCE * 3}</p>" * paragraphs)


def slow_markdown(lines: int = 400_000) -> str:
    """Front matter that a YAML parser in Python takes many seconds for."""
    return "---\n" + "".join(f"key{number}: [a, b, c]\n" for number in range(lines)) + "---\nText.\n"


def read(parsers: Parsers, *paths: Path) -> dict[str, list[Article | str]]:
    """What each file holds: articles, and the reasons for what it does not."""
    found = [(file.path.name, parsers.parse(file, file.path.name, "")) for file in discover(paths, NOWHERE).files]
    told: dict[str, list[Article | str]] = {}
    for name, parsing in found:
        told[name] = []
        try:
            parsing.sha256()
            for item in parsing.items():
                told[name].append(item.reason if isinstance(item, SourceError) else item)
        except SourceError as error:
            told[name].append(error.reason)
    return told


def processes(parsers: Parsers) -> list[int]:
    """The parsers that run."""
    return [worker.process.pid for worker in parsers.workers if worker.process]


def at_work(parsers: Parsers) -> int:
    """The first parser, once it has begun its first file."""
    while not (parsers.workers and parsers.workers[0].jobs and parsers.workers[0].jobs[0].begun):
        time.sleep(0.01)
    return processes(parsers)[0]


def texts(items: list[Article | str]) -> list[str]:
    return [item if isinstance(item, str) else item.text.strip() for item in items]


def indexed(folder: Path, index: Path, limits: Limits) -> Report:
    return index_paths([folder], index, Options(model="hash", limits=limits))


# -- each limit, by a file that meets it


def test_a_file_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    """Its parser is ended, and the files after it, which wait for the same parser, are read by the next."""
    (tmp_path / "a.html").write_text(page(1))
    (tmp_path / "b.md").write_text(slow_markdown())
    (tmp_path / "c.html").write_text(page(2))
    with Parsers(Limits(seconds=1), most=1) as parsers:
        began = time.monotonic()
        told = read(parsers, tmp_path)
        assert time.monotonic() - began < 30
    assert told["b.md"] == ["took more than 1 s"]
    assert [article.title for name in ("a.html", "c.html") for article in told[name] if isinstance(article, Article)] == [
        "Report 1",
        "Report 2",
    ]


def test_a_line_without_end_takes_bounded_memory(tmp_path: Path) -> None:
    """A file whose one line is larger than the memory of a parser is left, and so is a page that unpacks to as much."""
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.truncate(3 << 30)
    (tmp_path / "b.html").write_text(page(1))
    with Parsers(most=1) as parsers:
        told = read(parsers, tmp_path)
    assert told["a.jsonl"] == ["line 1: longer than 64 MiB"]
    assert len(told["b.html"]) == 1


def test_a_parser_that_dies_costs_only_its_file(tmp_path: Path) -> None:
    """Killed in the middle of a file, a parser is replaced; the file is named."""
    (tmp_path / "a.md").write_text(slow_markdown())
    (tmp_path / "b.html").write_text(page(1))
    for sign, reason in ((signal.SIGSEGV, "crashed the parser (SIGSEGV)"), (signal.SIGKILL, "the parser was killed, perhaps because")):
        with Parsers(Limits(memory=16 << 30), most=1) as parsers:  # or it is the likelier reason

            def strike(parsers: Parsers = parsers, sign: int = sign) -> None:
                os.kill(at_work(parsers), sign)

            thread = threading.Thread(target=strike)
            thread.start()
            told = read(parsers, tmp_path)
            thread.join()
        assert str(told["a.md"][0]).startswith(reason)
        assert len(told["b.html"]) == 1


def test_a_fault_of_a_reader_costs_only_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is parsed without a process of its own is named as well, and the run goes on."""

    def fault(_source: Source) -> Iterator[Article | SourceError]:
        yield SourceError("line 1: no text")
        raise KeyError("length")

    monkeypatch.setitem(FORMATS, ".csv", Format(fault, many=True))
    (tmp_path / "a.csv").write_text("x", encoding="utf-8")
    (tmp_path / "b.txt").write_text("The bridge.", encoding="utf-8")
    with Parsers() as parsers:
        assert read(parsers, tmp_path / "a.csv") == {"a.csv": ["line 1: no text", "crashed the parser (KeyError: 'length')"]}
    assert index_paths([tmp_path], tmp_path / "index", Options(model="hash")).added == 1


def test_a_parser_that_gives_no_sign_is_ended(tmp_path: Path) -> None:
    """A parser that is stopped, as one that waits for a disk that does not answer, is not waited for without end."""
    (tmp_path / "a.md").write_text(slow_markdown())
    (tmp_path / "b.html").write_text(page(1))
    with Parsers(Limits(stalled=15), most=1) as parsers:
        thread = threading.Thread(target=lambda: os.kill(at_work(parsers), signal.SIGSTOP))
        thread.start()
        told = read(parsers, tmp_path)
        thread.join()
    assert told["a.md"] == ["did not respond for 15 s"]
    assert len(told["b.html"]) == 1


def test_a_file_that_is_too_large_for_one_article_is_not_opened(tmp_path: Path) -> None:
    """One that holds many articles may be larger."""
    for name in ("a.txt", "b.html"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(50 << 30)
    (tmp_path / "c.jsonl").write_text('{"text": "A."}\n' * 100)
    with Parsers(Limits(content=1 << 10)) as parsers:
        told = read(parsers, tmp_path)
    assert told["a.txt"] == told["b.html"] == ["larger than 1024 bytes, too large for one article"]
    assert texts(told["c.jsonl"]) == ["A."] * 100


def test_an_article_that_is_too_long_is_left(tmp_path: Path) -> None:
    """The other articles of the file are read."""
    lines = [json.dumps({"text": text}) for text in ("A.", "b" * 400_000, "C.")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    with Parsers(Limits(text=300_000)) as parsers:
        told = read(parsers, tmp_path)
    assert texts(told["a.jsonl"]) == ["A.", "line 2: more than 300000 bytes of text in one article", "C."]


def test_metadata_without_measure_is_left(tmp_path: Path) -> None:
    """A field of more than a megabyte is left out of its article, and that is told."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "A.", "note": "n" * (2 << 20)}) + '\n{"text": "B."}')
    with Parsers() as parsers:
        told = read(parsers, tmp_path)
    assert texts(told["a.jsonl"]) == ["line 1: cut short: 1 other fields", "A.", "B."]


def test_many_articles_have_time_of_their_own_and_all_together(tmp_path: Path) -> None:
    """A file of many articles may take longer than one article may, but not without end."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{number}.md", slow_markdown(7_000 + number))
    with Parsers(Limits(seconds=2, more_seconds=0.001), most=1) as parsers:
        *items, reason = read(parsers, tmp_path)["a.zip"]
    articles = [item for item in items if isinstance(item, Article)]
    assert 1 <= len(articles) < 30
    assert all("cut short: 70" in item for item in items if isinstance(item, str))  # their fields, which are thousands
    assert all(article.member for article in articles)
    assert reason == "took more than 2 s in all"


def test_a_part_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    """An archive goes on behind the member, and a crawl behind the record, that a parser had to be ended at."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("1.html", page(1)), ("2.md", slow_markdown()), ("3.html", page(3)), ("4.html", page(4))):
            archive.writestr(name, content)
    with Parsers(Limits(seconds=2, more_seconds=60), most=1) as parsers:
        told = read(parsers, tmp_path)["a.zip"]
    assert [item if isinstance(item, str) else item.id for item in told] == [
        "a.zip#1.html",
        "2.md: took more than 2 s",
        "a.zip#3.html",
        "a.zip#4.html",
    ]


def test_memory_of_the_parent_is_not_the_parsers(tmp_path: Path) -> None:
    """A parser that is killed is said to be killed, however much memory its parent has had, which counts in what the system tells of it."""
    ballast = bytearray(os.urandom(1 << 20) * 450)
    (tmp_path / "a.md").write_text(slow_markdown())
    with Parsers(Limits(memory=512 << 20), most=1) as parsers:
        (file_found,) = discover([tmp_path], NOWHERE).files
        parsing = parsers.parse(file_found, "a.md", "")
        parsing.sha256()
        os.kill(processes(parsers)[0], signal.SIGKILL)
        with pytest.raises(SourceError, match="the parser was killed"):
            next(parsing.items())
    assert len(ballast) > 0.75 * (512 << 20)


def test_a_crawl_goes_on_behind_the_record_that_a_parser_ended_at(tmp_path: Path) -> None:
    """One page costs no other, though all are in one file."""
    with (tmp_path / "a.warc.gz").open("wb") as file:
        for number, body in enumerate((page(1), page(2, paragraphs=40_000), page(3)), 1):
            about = {
                "WARC-Type": "resource",
                "WARC-Target-URI": f"http://paper.example/{number}",
                "Content-Type": "text/html",
                "Content-Length": len(body),
            }
            head = "WARC/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in about.items())
            file.write(gzip.compress(f"{head}\r\n{body}\r\n\r\n".encode()))
    with Parsers(most=1) as parsers:
        (file_found,) = discover([tmp_path], NOWHERE).files
        parsing = parsers.parse(file_found, "a.warc.gz", "")
        parsing.sha256()
        items = parsing.items()
        first = next(items)
        time.sleep(0.2)
        os.kill(processes(parsers)[0], signal.SIGKILL)
        told = [item.reason if isinstance(item, SourceError) else item.url for item in (first, *items)]
    assert told[::2] == ["http://paper.example/1", "http://paper.example/3"], told
    assert told[1].startswith("record 2: the parser was killed")


# -- order, and what is left behind


def test_articles_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    """However many parsers there are, and however long each file takes."""
    for number in range(30):
        (tmp_path / f"{number:03}.html").write_text(page(number, paragraphs=1 + 200 * (number % 7 == 0)))
        (tmp_path / f"{number:03}.txt").write_text(f"Report {number}.")
    with Parsers(most=3) as parsers:
        told = read(parsers, tmp_path)
        assert len(processes(parsers)) > 1
    assert list(told) == sorted(told)
    for name, items in told.items():
        (article,) = items
        assert isinstance(article, Article)
        assert article.text.startswith(f"Report {int(name[:3])}")


def test_a_run_has_parsers_of_its_own(tmp_path: Path) -> None:
    """One starts before it, when the run before it had one. That has read nothing, and what the run before left unread is given up."""
    for number in range(3):
        (tmp_path / f"{number}.html").write_text(page(number))
    with Parsers(most=1) as parsers:
        parsers.renew()
        assert not parsers.workers
        first, *unread = (parsers.parse(file, file.path.name, "") for file in discover([tmp_path], NOWHERE).files)
        first.sha256()
        before = processes(parsers)
        parsers.renew()
        waiting = processes(parsers)
        parsers.renew()
        assert processes(parsers) == waiting
        assert len(waiting) == 1
        assert waiting != before
        (article,) = read(parsers, tmp_path / "0.html")["0.html"]
        assert isinstance(article, Article)
        assert processes(parsers) == waiting
        with pytest.raises(ProcessLookupError):
            os.kill(before[0], 0)
        parsers.renew()
        os.kill(processes(parsers)[0], signal.SIGKILL)  # while it waits
        (article,) = read(parsers, tmp_path / "0.html")["0.html"]
        assert isinstance(article, Article)
        del unread


def test_a_run_starts_its_parser_where_none_could_be_started_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    (tmp_path / "a.html").write_text(page(0))
    with Parsers(most=1) as parsers:
        read(parsers, tmp_path / "a.html")
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", refuse)
            parsers.renew()
        (article,) = read(parsers, tmp_path / "a.html")["a.html"]
        assert isinstance(article, Article)


def test_articles_are_what_they_are_without_a_parser(tmp_path: Path) -> None:
    """All fields of an article travel, and all characters: what a parser reads is what is read here."""
    record = {
        "_id": "a\udce9",
        "text": "Bisedimet 中国 \U0001f600\r\n",
        "title": "T",
        "date": "2024-04-26T10:00:00+02:00",
        "url": "http://x.example/",
        "note": "n",
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    with Parsers() as parsers:
        (here,) = read(parsers, tmp_path)["a.jsonl"]
        assert not parsers.workers
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write("\n" * 300_000)
    with Parsers() as parsers:
        (there,) = read(parsers, tmp_path)["a.jsonl"]
        assert parsers.workers
    assert isinstance(here, Article)
    assert here == there


@pytest.mark.parametrize("size", [100, 1 << 20, (1 << 22) - 1, 1 << 22, (1 << 22) + 1])
def test_a_file_is_read_whole_and_its_checksum_is_its_own(size: int, tmp_path: Path) -> None:
    """Whether it is read at once and kept, or in blocks and read again; at the borders of both."""
    content = f"<p>{SENTENCE}</p>".encode()
    content += b"<!--" + b"x" * (size - len(content) - 10) + b"--><p>End."
    (tmp_path / "a.html").write_bytes(content)
    with Parsers() as parsers:
        *_, article = read(parsers, tmp_path)["a.html"]  # before it, that there is little text in a large page

    assert isinstance(article, Article)
    assert article.sha256 == hashlib.sha256(content).hexdigest()
    assert article.text == f"{SENTENCE.strip()}\n\nEnd."


@pytest.mark.parametrize("utf8", ["0", "1"])
def test_names_of_files_are_the_same_on_both_sides(utf8: str, tmp_path: Path) -> None:
    """Whatever the encoding of file names, and whatever lies in the working folder."""
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "news").mkdir()
    for name in ("é.html".encode(), "中国.html".encode(), b"\xff\xfe.html", b"a\nb.html"):
        Path(os.fsdecode(os.fsencode(tmp_path / "news") + b"/" + name)).write_text(page(1))
    script = "import sys; sys.path[:] = filter(None, sys.path); from newsdex.cli import main; sys.exit(main())"  # as the installed command
    done = subprocess.run(
        [sys.executable, "-c", script, "index", "news", "--model", "hash"],
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": "POSIX", "PYTHONUTF8": utf8, "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout[:8], done.stderr) == (0, b"added 4,", b"")


def test_a_message_that_is_no_article_is_refused() -> None:
    """A parser that a file has taken over can say anything; it is not believed."""
    good = Article(
        "a", "Text.", Path("/a"), "00" * 32, published=Published("2024-04", "url"), body=Span(0, 5), metadata={"a": "b"}, pages=(0, 3)
    )
    packed, content = protocol.pack_article(good)
    fields = protocol.unpack_json(packed)
    assert protocol.article_of(fields, content, Path("/a")) == good
    bad: list[tuple[str, object]] = [
        ("id", 7),
        ("sha256", "zz"),
        ("title", None),
        ("published", ["soon", "url"]),
        ("published", ["2024-13", "url"]),
        ("record", -1),
        ("record", "1"),
        ("body", [3, 2]),
        ("body", [0, 6]),
        ("body", [0]),
        ("metadata", {"a": 1}),
        ("pages", [3, 0]),
        ("pages", [-1]),
        ("language", []),
    ]
    for name, value in bad:
        with pytest.raises((ValueError, TypeError, KeyError)):
            protocol.article_of(fields | {name: value}, content, Path("/a"))
    with pytest.raises(ValueError, match="utf-8"):
        protocol.article_of(fields, b"\xff", Path("/a"))


def test_few_small_files_start_no_parser(tmp_path: Path) -> None:
    """Articles in our own formats are read where they are."""
    for number in range(50):
        (tmp_path / f"{number}.md").write_text(f"# Report {number}\n\n{SENTENCE}")
    with Parsers() as parsers:
        read(parsers, tmp_path)
        assert processes(parsers) == []


def test_small_file_with_toml_is_read_by_a_parser(tmp_path: Path) -> None:
    """Its parser takes memory that grows with the square of the dots in a name."""
    (tmp_path / "a.md").write_text("+++\na = 1\n+++\nText.\n", encoding="utf-8")
    with Parsers() as parsers:
        read(parsers, tmp_path)
        assert parsers.workers


@pytest.mark.parametrize("written", ['{"text": "<p>Text.</p>"}', r'{"text": "\u003Cp>Text.\u003c/p>"}'], ids=["as it is", "escaped"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_small_file_with_tags_is_read_by_a_parser(written: str, encoding: str, tmp_path: Path) -> None:
    """A library parses them, which is not made for hostile files."""
    (tmp_path / "a.jsonl").write_text(written, encoding=encoding)
    with Parsers() as parsers:
        [article] = read(parsers, tmp_path)["a.jsonl"]
        assert isinstance(article, Article)
        assert article.text == "Text."
        assert parsers.workers


def children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_is_left(tmp_path: Path) -> None:
    """Neither when all is read, nor when a run is left in the middle."""
    (tmp_path / "a.html").write_text(page(1))
    (tmp_path / "b.md").write_text(slow_markdown())
    before = set(children(os.getpid()))
    with Parsers() as parsers:
        parsing = [parsers.parse(file, file.path.name, "") for file in discover([tmp_path], NOWHERE).files]
        parsing[0].sha256()
        assert set(children(os.getpid())) > before
    assert set(children(os.getpid())) == before


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_parsers_that_ended_by_themselves_are_put_away(tmp_path: Path) -> None:
    """As after Ctrl-C in a terminal, which ends them too: leaving the run is no error and leaves nothing."""
    (tmp_path / "a.html").write_text(page(1))
    before = set(children(os.getpid()))
    with Parsers() as parsers:
        [parsing] = [parsers.parse(file, file.path.name, "") for file in discover([tmp_path], NOWHERE).files]
        parsing.sha256()
        assert processes(parsers)
        for pid in processes(parsers):
            os.kill(pid, signal.SIGKILL)
            while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.01)
    assert set(children(os.getpid())) == before


@pytest.mark.skipif(sys.platform != "linux", reason="parents are watched on Linux only")
def test_parsers_die_with_their_parent(tmp_path: Path) -> None:
    """A run that is killed leaves no parser behind, be it in the middle of a file."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news/b.md").write_text(slow_markdown())
    command = [sys.executable, "-m", "newsdex", "index", "news", "--model", "hash"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as run:
        until = time.monotonic() + 30
        while not (parsers := [pid for pid in children(run.pid) if b"workers" in Path(f"/proc/{pid}/cmdline").read_bytes()]):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(1)
        run.kill()
    until = time.monotonic() + 10
    while any(map(alive, parsers)):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """However much parsers have to say, no more waits for the reader than pipes hold: neither of a large file nor of many."""
    line = json.dumps({"text": SENTENCE * 500}) + "\n"
    (tmp_path / "a.jsonl").write_text(line * 1_200)
    for number in range(8):
        (tmp_path / f"b{number}.jsonl").write_text(line * 40)

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    sizes, characters = [resident()], 0
    with Parsers(most=2) as parsers:
        for parsing in [parsers.parse(file, file.path.name, "") for file in discover([tmp_path], NOWHERE).files]:
            parsing.sha256()
            for item in parsing.items():
                assert isinstance(item, Article)
                characters += len(item.text)
                sizes.append(resident())
    assert characters == len(SENTENCE) * 500 * (1_200 + 8 * 40)
    assert max(sizes) - sizes[0] < 24 << 20


# -- confinement

CONFINED = """
import os, resource, socket, sys
from newsdex.indexer.workers.confine import confine
confine(1 << 30, os.getppid())
def refused(what):
    try:
        what()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"
print(refused(socket.socket), refused(lambda: os.execv("/bin/true", ["true"])), refused(lambda: bytearray(2 << 30)))
print(refused(lambda: open(sys.argv[1], "wb", buffering=0).write(b"x")), resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel refuses on Linux only")
def test_a_parser_has_no_network_no_programs_and_writes_no_file(tmp_path: Path) -> None:
    """What a file could make a library do is refused, whatever the kernel has."""
    done = subprocess.run([sys.executable, "-c", CONFINED, tmp_path / "x"], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "PermissionError PermissionError MemoryError"
    assert second in ("PermissionError 0", "OSError 0")


def test_parsers_load_no_model_library() -> None:
    """A parser starts in tenths of a second: torch, OpenVINO and FAISS are not its."""
    code = "import sys, newsdex.indexer.workers.child; print(*sorted({'torch', 'openvino', 'faiss', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


# -- through the whole


def test_an_index_names_what_was_too_much(tmp_path: Path) -> None:
    """What one run says of a file the next says again, without reading it again."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news/a.md").write_text(slow_markdown())
    (tmp_path / "news/b.html").write_text(page(1))
    limits = Limits(seconds=0.5)
    first = indexed(tmp_path / "news", tmp_path / "index", limits)
    assert [problem.reason for problem in first.problems] == ["took more than 0.5 s"]
    assert (first.added, first.skipped) == (1, 1)
    with Index.open(tmp_path / "index") as index:
        assert index.search("river")[0].article.title == "Report 1"


def test_compressed_articles_are_found(tmp_path: Path) -> None:
    """With their own paths, and the names of their members."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news/a.html.gz").write_bytes(gzip.compress(page(1).encode()))
    with zipfile.ZipFile(tmp_path / "news/b.zip", "w") as archive:
        archive.writestr("may/c.html", page(2))
    indexed(tmp_path / "news", tmp_path / "index", Limits())
    with Index.open(tmp_path / "index") as index:
        hits = index.search("river", limit=10)
    assert {(hit.article.id, hit.article.path.name, hit.article.member) for hit in hits} == {
        ("news/a.html.gz", "a.html.gz", ""),
        ("news/b.zip#may/c.html", "b.zip", "may/c.html"),
    }
