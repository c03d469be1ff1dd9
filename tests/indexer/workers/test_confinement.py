"""A parser that a file has taken over tries all that it may not, in the real worker; the kernel refuses each attempt."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command import run
from paths import ROOT

from newsdex.errors import SourceError
from newsdex.indexer.discover import discover
from newsdex.indexer.limits import Limits
from newsdex.indexer.source import Reading
from newsdex.indexer.workers import system_calls, worker
from newsdex.indexer.workers.pool import Parsers
from newsdex.records import Article, Published

PROBE = {
    # From <linux/landlock.h>: the version of the interface is asked for.
    "landlock": "sys.exit(libc.syscall(444, None, 0, 1) < 1)",
    # From <linux/seccomp.h>: is the action RET_ERRNO there?
    "seccomp": "sys.exit(libc.syscall({'x86_64': 317, 'aarch64': 277}[platform.machine()], 2, 0, ctypes.byref(ctypes.c_uint32(0x50000))) "
    "!= 0)",
}
# What reads <asm/unistd.h> for each machine; on Debian, linux-libc-dev has both.
HEADERS = {"x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), "aarch64": Path("/usr/include/asm-generic/unistd.h")}


def offers(part: str) -> bool:
    """Whether the kernel has a part of what confines, tried in a process of its own."""
    code = f"import ctypes, platform, sys; libc = ctypes.CDLL(None); {PROBE[part]}"
    return sys.platform == "linux" and subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


needs_landlock = pytest.mark.skipif(not offers("landlock"), reason="this kernel has no Landlock")

# How the kernel says no; clone3 and openat2 are calls that it does not know.
REFUSED = ("EACCES", "EPERM", "ENOSYS")

# A reader in place of that of web pages: its article says what each attempt came to.
HOSTILE = r"""
import ctypes, errno, json, mmap, os, platform, resource, signal, socket, subprocess, threading

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"


def call(x86, arm, *arguments):
    if libc.syscall(ctypes.c_long(x86 if X86 else arm), *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def function(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def child(start):
    if start() == 0:
        os._exit(0)


def raw_clone(flags):
    # The child of a call that came through would go on here.
    me = os.getpid()
    call(56, 220, ctypes.c_long(flags), None, None, None, None)
    if os.getpid() != me:
        os._exit(0)


def shared_map(path):
    descriptor = os.open(path, os.O_RDWR)
    with mmap.mmap(descriptor, 4) as view:
        view[:4] = b"evil"


def into_parent(name):
    word = ctypes.create_string_buffer(b"x" * 8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(word), 8)
    function(name, os.getppid(), vector, 1, vector, 1, 0)


def attempts(given, victim, folder):
    parent = os.getppid()
    below = os.path.join(folder, "new")
    return {
        "files": {
            "unlink": lambda: os.unlink(victim),
            "rename": lambda: os.rename(victim, below),
            "link": lambda: os.link(victim, below),
            "symlink": lambda: os.symlink(victim, below),
            "chmod": lambda: os.chmod(victim, 0o777),
            "chown": lambda: os.chown(victim, 1, 1),
            "utime": lambda: os.utime(victim, (0, 0)),
            "setxattr": lambda: os.setxattr(victim, "user.a", b"b"),
            "create": lambda: open(below, "x").close(),
            "write": lambda: open(victim, "w").write("evil"),
            "append": lambda: open(victim, "a").write("evil"),
            "truncate": lambda: os.truncate(victim, 0),
            "open to truncate": lambda: os.open(victim, os.O_RDONLY | os.O_TRUNC),
            "openat2": lambda: call(437, 437, -100, victim.encode(), ctypes.byref((ctypes.c_uint64 * 3)(1, 0, 0)), 24),
            "temporary file": lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR),
            "mkdir": lambda: os.mkdir(below),
            "mkfifo": lambda: os.mkfifo(below),
            "shared map": lambda: shared_map(victim),
            "shared map of what was given": lambda: mmap.mmap(given, 4, access=mmap.ACCESS_WRITE),
            "write to what was given": lambda: os.write(given, b"evil"),
            "truncate what was given": lambda: os.ftruncate(given, 0),
            "chmod what was given": lambda: os.fchmod(given, 0o777),
            "the parent's memory": lambda: open(f"/proc/{parent}/mem", "r+b"),
            "own memory": lambda: open("/proc/self/mem", "r+b"),
            "chroot": lambda: os.chroot("/"),
            "mount": lambda: function("mount", b"none", folder.encode(), b"tmpfs", 0, None),
        },
        "reading": {
            "passwords": lambda: open("/etc/passwd").read(),
            "a file beside": lambda: open(victim).read(),
            "a folder": lambda: os.listdir(folder),
            "the root": lambda: os.listdir("/"),
            "the parent's memory": lambda: open(f"/proc/{parent}/mem", "rb").read(1),
            "the parent's environment": lambda: open(f"/proc/{parent}/environ", "rb").read(),
            "what was given, by its name": lambda: open(os.readlink(f"/proc/self/fd/{given}")).read(),
        },
        "processes": {
            "fork": lambda: child(os.fork),
            "vfork": lambda: call(58, 1079, None),
            "clone": lambda: raw_clone(signal.SIGCHLD),
            "clone with shared memory": lambda: raw_clone(0x100 | signal.SIGCHLD),
            "clone3": lambda: call(435, 435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, signal.SIGCHLD), 88),
            "a program": lambda: subprocess.run(["/bin/true"]),
            "exec": lambda: os.execv("/bin/true", ["true"]),
            "execveat": lambda: call(322, 281, -100, b"/bin/true", None, None, 0),
            "ptrace": lambda: function("ptrace", 16, parent, None, None),
            "process_vm_writev": lambda: into_parent("process_vm_writev"),
            "process_vm_readv": lambda: into_parent("process_vm_readv"),
            "kill": lambda: os.kill(parent, signal.SIGCONT),
            "kill, nothing": lambda: os.kill(parent, 0),
            "tgkill": lambda: call(234, 131, parent, parent, 0),
            "pidfd_open": lambda: call(434, 434, parent, 0),
            "the parent's limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)),
            "the parent's processors": lambda: os.sched_setaffinity(parent, [0]),
            "outlive the parent": lambda: function("prctl", 1, 0, 0, 0, 0),
            "setsid": os.setsid,
            "unshare": lambda: function("unshare", 0x10000000),
            "setuid": lambda: os.setuid(0),
            "signals through a descriptor": lambda: __import__("fcntl").fcntl(given, 8, parent),
        },
        "network": {
            "socket": socket.socket,
            "local socket": lambda: socket.socket(socket.AF_UNIX),
            "socket pair": socket.socketpair,
            "io_uring": lambda: call(425, 425, 1, ctypes.create_string_buffer(120)),
        },
        "kernel": {
            "memfd": lambda: os.memfd_create("a"),
            "bpf": lambda: call(321, 280, 0, None, 0),
            "keys": lambda: call(250, 219, 0, 0),
            "performance counters": lambda: call(298, 241, None, 0, -1, -1, 0),
            "userfaultfd": lambda: call(323, 282, 0),
            "a call of 32 bits": lambda: call(0x40000000 + 39, 9999),
            "a call that is not there": lambda: call(9999, 9999),
        },
    }


def result(attempt):
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno]
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def hostile(source):
    from newsdex.records import Article

    with source.open() as file:
        told = json.loads(file.read())
        groups = attempts(file.fileno(), told["victim"], told["folder"])
        answers = {group: {name: result(attempt) for name, attempt in tries.items()} for group, tries in groups.items()}
    answers["user"] = os.getuid()
    answers["environment"] = sorted(os.environ)
    answers["status"] = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    yield Article(source.name, json.dumps(answers), source.path, source.sha256)


from newsdex.indexer import readers
readers.FORMATS[".html"] = readers.Format(hostile, foreign=True)
"""


def start_of(reader: str) -> str:
    """What a parser is started with that has ``reader`` in place of one of its own."""
    return (
        f"import json, sys; sys.path[:] = json.loads(sys.argv.pop()); exec({reader!r}); from newsdex.indexer.workers.child import "
        f"main; main()"
    )


def parsed(path: Path, limits: Limits | None = None) -> list[Article]:
    """The articles of a file, read in a parser."""
    with Parsers(limits or Limits(), most=1) as parsers:
        [file] = discover([path], Path("/nowhere")).files
        parsing = parsers.parse(file, file.path.name, "")
        parsing.sha256()
        items = list(parsing.items())
    assert not [item for item in items if isinstance(item, SourceError)]
    return [item for item in items if isinstance(item, Article)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that anybody may write to, with a file of which the same holds: what refuses is not its mode."""
    folder = tmp_path_factory.mktemp("hostile")
    folder.chmod(0o777)
    (folder / "victim").write_text("unharmed")
    (folder / "victim").chmod(0o666)
    # Larger than what is kept in memory while it is hashed: the reader has the descriptor.
    (folder / "a.html").write_text(json.dumps({"victim": str(folder / "victim"), "folder": str(folder)}) + " " * (9 << 20))
    (folder / "a.html").chmod(0o666)
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, Any]:
    """What the hostile parser says; where nothing would refuse, it shall not try."""
    if not offers("seccomp"):
        pytest.skip("this kernel filters no system calls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "START", start_of(HOSTILE))
        patch.setenv("NEWSDEX_API_KEY", "secret")
        [article] = parsed(folder / "a.html")
    return dict(json.loads(article.text))


@pytest.mark.parametrize("group", ["files", "processes", "network", "kernel"])
def test_each_attempt_is_refused(group: str, answers: dict[str, Any]) -> None:
    """No file is made, changed or removed, no process started or touched, no socket opened."""
    assert len(answers[group]) > 3
    expected = {"write to what was given": "EBADF"} if group == "files" else {}
    assert {name: result for name, result in answers[group].items() if result not in REFUSED} == expected


@needs_landlock
def test_no_other_file_is_read(answers: dict[str, Any]) -> None:
    """What is given is read through what its parent opened; nothing else is."""
    assert {name: result for name, result in answers["reading"].items() if result not in REFUSED} == {}


def test_all_is_as_it_was(folder: Path, answers: dict[str, Any]) -> None:
    """Whatever the parser says of it."""
    assert answers
    assert sorted(path.name for path in folder.iterdir()) == ["a.html", "victim"]
    assert (folder / "victim").read_text() == "unharmed"
    assert (folder / "victim").stat().st_mode & 0o777 == 0o666
    assert (folder / "a.html").stat().st_mode & 0o777 == 0o666


def test_a_parser_has_no_privileges_and_no_secrets(answers: dict[str, Any]) -> None:
    """At most the capability to read, which an interpreter of root's needs, is left to it, and none of the environment's keys."""
    reading = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert int(answers["status"]["CapPrm"], 16) & ~reading == int(answers["status"]["CapEff"], 16) & ~reading == 0
    assert answers["status"]["NoNewPrivs"] == "1"
    assert "NEWSDEX_API_KEY" not in answers["environment"]


# Finds newsdex where no entry of sys.path does, as the finder of an editable installation.
FINDER = f"""
import sys
from importlib.machinery import PathFinder

class Finder:
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{str(ROOT)!r}]) if name == "newsdex" else None

sys.path[:] = [entry for entry in sys.path if entry != {str(ROOT)!r}]
sys.meta_path.insert(0, Finder)
"""


def test_a_parser_needs_no_file_of_newsdex(tmp_path: Path) -> None:
    """Once confined: it may not read where an editable installation has newsdex, and every reader is loaded before."""
    text = "The ferry ran aground near Oslo on Monday, the police said. " * 20
    (tmp_path / "a.html").write_text(f"<html><head><title>Ferry</title></head><body><article><p>{text}</p></article></body></html>")
    (tmp_path / "b.eml").write_text(f"From: a@example.org\nSubject: Ferry\n\n{text}\n")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(text.encode()))
    head, middle, tail = worker.START.partition("from newsdex.")
    start = f"from newsdex.indexer.workers import worker; worker.START = {head + FINDER + middle + tail!r}"
    command = (sys.executable, "-I", "-c", f"{FINDER}{start}\nfrom newsdex.cli import main; sys.exit(main())")
    done = run("index", ".", "--index-dir", "index", "--model", "hash", cwd=tmp_path, command=command)
    assert done.code == 0, done
    assert "added 3, updated 0, unchanged 0, removed 0, skipped 0" in done.out


def test_what_the_kernel_lacks_is_said(folder: Path) -> None:
    """Doctor has a line on it, which names each part that is not there and no other."""
    [line] = [line for line in run("doctor", cwd=folder).out.splitlines() if line.startswith("parsers")]
    assert ("Landlock" in line) is not offers("landlock")
    assert ("seccomp" in line) is not offers("seccomp")


THREADED = r"""
import hashlib, threading

def threaded(source):
    from newsdex.records import Article

    with source.open() as first, source.open() as second:
        start = first.read(3)
        whole = second.read()
        found = [start + first.read() == whole, first.seek(-3, 2) == len(whole) - 3, first.read() == whole[-3:], first.readline() == b""]
    threads = [threading.Thread(target=lambda: found.append(hashlib.sha256(whole).hexdigest() == source.sha256)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield Article(source.name, repr(found), source.path, source.sha256)

from newsdex.indexer import readers
readers.FORMATS[".html"] = readers.Format(threaded, foreign=True)
"""


@pytest.mark.parametrize("size", [10, 1 << 20, 9 << 20])
def test_threads_and_streams_of_a_file_are_left_to_a_parser(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two streams of one file do not move each other, also of a file too large to be kept, and threads run."""
    monkeypatch.setattr(worker, "START", start_of(THREADED))
    (tmp_path / "a.html").write_bytes(os.urandom(size))
    [article] = parsed(tmp_path / "a.html")
    assert article.text == repr([True] * 12)


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    """The parent's reason, of a file that went away and of one that became a folder, is the file's; the next is read."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.html").write_text("<p>The river rose by three metres on Friday, and the mayor asked everybody to leave.")
    told = []
    with Parsers(most=1) as parsers:
        files = discover([tmp_path], Path("/nowhere")).files
        (tmp_path / "a.html").unlink()
        (tmp_path / "b.html").unlink()
        (tmp_path / "b.html").mkdir()
        for parsing in [parsers.parse(file, file.path.name, "") for file in files]:
            try:
                parsing.sha256()
                told.append([type(item).__name__ for item in parsing.items()])
            except SourceError as error:
                told.append([error.reason])
    assert told == [["cannot be read: No such file or directory"], ["not a regular file"], ["Article"]]


def test_a_file_that_goes_once_it_is_opened_is_read_with_its_date(tmp_path: Path) -> None:
    """A parser looks at what it was given, and not at the path, which may be closed to it."""
    path = tmp_path / "a.html"
    path.write_text("<p>The river rose by three metres on Friday, and the mayor asked everybody to leave.")
    os.utime(path, (0, 1_714_521_600))
    with Parsers(most=1) as parsers:
        [file] = discover([tmp_path], Path("/nowhere")).files
        parsing = parsers.parse(file, "a.html", "", Reading(file_dates=True))
        path.unlink()
        parsing.sha256()
        [article] = parsing.items()
    assert isinstance(article, Article)
    assert article.published == Published("2024-05-01", "file time")


@pytest.mark.parametrize("machine", sorted(HEADERS))
def test_the_numbers_of_the_calls_are_those_of_the_kernel(machine: str) -> None:
    """As its headers have them."""
    if not HEADERS[machine].exists():
        pytest.skip("apt-get install linux-libc-dev")
    text = HEADERS[machine].read_text()
    known = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    known.setdefault("newfstatat", known.get("fstatat", 0))  # as <asm-generic/unistd.h> calls it for machines of 64 bits
    column = ["x86_64", "aarch64"].index(machine)
    numbers = {name: numbers[column] for name, numbers in system_calls.ALLOWED.items()}
    assert {
        name: number for name, number in numbers.items() if known.get(name) != number and not (number is None and name not in known)
    } == {}
