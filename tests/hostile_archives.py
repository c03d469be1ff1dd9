"""Exported indexes that were made to do harm: wrong in one or more places, and with good checksums throughout.

Run as a script, it attacks newsdex with as many as it is told and prints the peak of its memory in bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import sys
import tarfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xxhash
import zstandard

from newsdex import Index, NewsdexError, Options, index_paths
from newsdex.cli import main, main_search
from newsdex.indexer.upkeep.transfer import export_index

Members = dict[str, bytes]

BLOCK = 8192  # bytes that one checksum is of: docs/INDEX_FORMAT.md
CONTENTS = "export.json"
# An attack on a name, a number, or a type.
VALUES: list[Any] = [
    "", "../../../../x", "/etc/passwd", "x\0", "\ud800", "s000001", "s000001.texts", "g000001/../../x", "x" * 100_000,
    -1, 0, 1, 2, 7, 64, 2**16, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64, 10**30, 0.5, float("nan"), float("inf"), 1e308,
    None, True, [], {}, [[]], {"": {}}, [1] * 1000,
]  # fmt: skip
TYPES = ["U8", "I8", "U16", "F16", "U32", "I32", "F32", "U64", "I64", "X9"]


def sample(folder: Path) -> Members:
    """The members of an export of three articles, which have all that an article can have."""
    articles = folder / "articles"
    articles.mkdir()
    (articles / "ferry.md").write_text(
        "---\nid: ferry\ntitle: Ferry\ndate: 2024-05\nsource: Harbour Courier\nurl: https://example.org/ferry\nauthor: A. Writer\n---\n"
        "A ferry ran aground off the island. Nobody was hurt.",
        encoding="utf-8",
    )
    (articles / "vote.txt").write_text("Parliament voted on the budget. " * 40, encoding="utf-8")
    (articles / "copy.txt").write_text("Parliament voted on the budget. " * 39, encoding="utf-8")
    index_paths([articles], folder / "index", Options(model="hash"))
    export_index(folder / "index", folder / "x.tar.zst")
    return unpacked(folder / "x.tar.zst")


def unpacked(file: Path) -> Members:
    """The members of an export."""
    content = zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: reader.read() for member in tar if (reader := tar.extractfile(member))}


def packed(members: Members) -> bytes:
    """An export of these members."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return zstandard.ZstdCompressor().compress(content.getvalue())


def with_sums(members: Members, *, blocks: bool = True) -> Members:
    """``members`` with the sizes and checksums that they should have, in the first of them and, if wanted, in those of ``blocks``."""
    found = dict(members)
    contents = json.loads(found[CONTENTS])
    for segment in contents["segments"]:
        files = segment["files"]
        if blocks:
            sums = {role: block_sums(found[files[role]["name"]]) for role in ("articles", "vectors", "postings")}
            found[files["blocks"]["name"]] = pack(sums)
        for record in files.values():
            content = found[record["name"]]
            record |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "xxh3": xxhash.xxh3_128_hexdigest(content)}
    return found | {CONTENTS: json.dumps(contents).encode()}


def block_sums(content: bytes) -> np.ndarray[Any, Any]:
    """The checksum of each block."""
    return np.array([xxhash.xxh3_64_intdigest(content[start : start + BLOCK]) for start in range(0, len(content), BLOCK)], np.uint64)


def pack(arrays: dict[str, Any]) -> bytes:
    """A safetensors file of arrays of uint64."""
    header, data = {}, b""
    for name, array in arrays.items():
        header[name] = {"dtype": "U64", "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    return packed_head(json.dumps(header).encode()) + data


def packed_head(head: bytes) -> bytes:
    """The beginning of a safetensors file."""
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head


def hostile(members: Members, random: Random) -> Members:
    """``members``, wrong somewhere, with good checksums."""
    found = dict(members)
    blocks = True
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        name = random.choice([name for name in found if name != CONTENTS])
        attack: Callable[[bytes, Random], bytes] = random.choice([_numbers, _numbers, _header, _bytes])
        if not name.endswith((".texts", ".faiss")):
            blocks &= not name.endswith(".blocks")
            with suppress(ValueError, LookupError, struct.error):  # one that an attack before has broken or emptied
                found[name] = attack(found[name], random)
        else:
            found[name] = _bytes(found[name], random)
    if random.random() < 0.8:
        _sum_texts(found)
    found = with_sums(found, blocks=blocks)
    if random.random() < 0.3:
        contents = json.loads(found[CONTENTS])
        for _ in range(random.choice([1, 1, 2])):
            _value(contents, random)
        found[CONTENTS] = json.dumps(contents).encode() if random.random() < 0.95 else b"[" * 50_000
    if random.random() < 0.3:  # with the names that it tells of
        with suppress(TypeError, KeyError, AttributeError, ValueError, RecursionError):
            records = [record for segment in json.loads(found[CONTENTS])["segments"] for record in segment["files"].values()]
            names = list(found)[1:]
            told = [str(record["name"]) for record in records]
            if len(told) == len(names) and all(name.isascii() and len(name) < 90 for name in told):
                found = {CONTENTS: found[CONTENTS]} | dict(zip(told, (found[name] for name in names), strict=True))
    return found


def _sum_texts(members: Members) -> None:
    """Let each text have a good checksum of its own."""
    texts, articles = (next(name for name in members if name.endswith(suffix)) for suffix in (".texts", ".articles"))
    with suppress(ValueError, KeyError, TypeError, struct.error, RecursionError):
        length = int.from_bytes(members[articles][:8], "little")
        header = json.loads(members[articles][8 : 8 + length])
        places = {name: slice(*(8 + length + offset for offset in header[name]["data_offsets"])) for name in ("text.ends", "text.xxh3")}
        ends = np.frombuffer(members[articles][places["text.ends"]], np.uint64).tolist()
        content, data = members[texts], bytearray(members[articles])
        sums = [xxhash.xxh3_64_intdigest(content[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
        data[places["text.xxh3"]] = np.array(sums, np.uint64).tobytes()
        members[articles] = bytes(data)


def _value(contents: Any, random: Random) -> None:
    """Another value somewhere in ``contents``; the name of the model stays, for another would load its library."""
    place = contents
    while True:
        keys = [key for key in (place if isinstance(place, dict) else range(len(place))) if not (key == "name" and "weights" in place)]
        if not keys:
            return
        key = random.choice(keys)
        if isinstance(place[key], (dict, list)) and place[key] and random.random() < 0.85:
            place = place[key]
            continue
        action = random.random()
        if action < 0.1 and isinstance(place, dict):
            del place[key]
        elif action < 0.15 and isinstance(place, dict):
            place["more"] = random.choice(VALUES)
        else:
            place[key] = random.choice(VALUES)
        return


def _numbers(content: bytes, random: Random) -> bytes:
    """Other numbers in one of a file's arrays."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    name = random.choice(sorted(header))
    start, stop = header[name]["data_offsets"]
    width = {"8": 1, "6": 2, "2": 4, "4": 8}[header[name]["dtype"][-1]]
    data = bytearray(content)
    count = (stop - start) // width
    odd = [b"\0" * width, b"\xff" * width, b"\x7f".rjust(width, b"\xff"), b"\x01".ljust(width, b"\0"), b"\xff".ljust(width, b"\0")]
    for _ in range(random.choice([1, 1, 3, count]) if count else 0):
        place = 8 + length + start + width * random.randrange(count)
        data[place : place + width] = random.choice([*odd, random.randbytes(width)])
    return bytes(data)


def _is_place(told: object) -> bool:
    """Whether it says an array's shape and where it is."""
    numbers = [told.get("shape"), told.get("data_offsets")] if isinstance(told, dict) else [None]
    return all(isinstance(each, list) and each and all(isinstance(number, int) for number in each) for each in numbers)


def _header(content: bytes, random: Random) -> bytes:
    """Another type, shape or place of one of a file's arrays."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    if not all(map(_is_place, header.values())):  # attacked before
        return content
    name = random.choice(sorted(header))
    action = random.randrange(7)
    if action == 0:
        header[name]["dtype"] = random.choice(TYPES)
    elif action == 1:
        header[name]["shape"] = random.choice(
            [[], [0], [-1], [2**62], [2**32, 2**32], [0, 2**62], [1, 1, 1, 1], ["1"], "11", None, [1] * 70]
        )
    elif action == 2:
        header[name]["data_offsets"] = random.choice(
            [[0, 0], [-8, 0], [0, 2**63], [2**62, 2**62], [8, 0], ["0", "8"], [0], None, [0.0, 8.0]]
        )
    elif action == 3:
        del header[name]
    elif action == 4:
        header[name] = random.choice(VALUES)
    elif action == 5:
        other = header[random.choice(sorted(header))]
        header[name] = dict(other)
    else:
        first, last = header[name]["data_offsets"]
        width = (last - first) // max(1, header[name]["shape"][0])
        header[name]["shape"][0] //= 2
        header[name]["data_offsets"][1] = first + width * header[name]["shape"][0]
    head = json.dumps(header).encode()
    if random.random() < 0.05:
        head = random.choice([b'{"a":' * 20_000, b"[" * 100_000, b"1" * 10_000, b"\xff"])
    return packed_head(head) + content[8 + length :]


def _bytes(content: bytes, random: Random) -> bytes:
    """Other bytes somewhere, most often near the beginning."""
    data = bytearray(content)
    for _ in range(random.choice([1, 1, 4])):
        if data:
            place = random.randrange(min(len(data), random.choice([48, len(data)])))
            data[place : place + 1] = random.choice([b"\0", b"\xff", b"\x80", bytes([random.randrange(256)]), b"", b"\xff" * 8])
    return bytes(data)


def as_index(members: Members, folder: Path) -> None:
    """``members`` as an index in ``folder``, whatever they are."""
    generation = folder / "g000001"
    generation.mkdir(parents=True)
    for name, content in members.items():
        if name != CONTENTS and Path(name).name == name and name.isprintable() and 0 < len(name) < 200 and name not in (".", ".."):
            (generation / name).write_bytes(content)
    commit = members[CONTENTS]
    if commit[:1] == b"{":
        told = {"generation": "g000001", "commit": 1, "created": "2024-05-01T12:00:00Z", "next_segment": 2}
        nothing = dict.fromkeys(("sources", "previous", "replaced"))
        commit = json.dumps(told | nothing | json.loads(commit)).encode()
    name = f"g000001/commit-000001-{xxhash.xxh3_64_hexdigest(commit)}.json"
    (folder / name).write_bytes(commit)
    (folder / "CURRENT").write_text(f"{name}\n", encoding="utf-8")


def use(folder: Path) -> list[str]:
    """Every command on the index in ``folder``; what the commands did that none should."""
    where = ["--index-dir", str(folder)]
    faults = [
        run(main_search, ["when did parliament vote", "--explain", "--context", "1", *where]),
        run(main_search, ["ferry", "--since", "2020", "--where", "author=A. Writer", "--sort", "date", "--json", "--all", *where]),
        run(main_search, ["ferry", "--source", "Harbour Courier", "--mode", "lexical", "--no-collapse", *where]),
        run(main, ["get", "ferry", "--json", *where]),
        run(main, ["verify-quote", "Parliament voted on the budget. Parliament voted", *where]),
        run(main, ["status", *where]),
        run(main, ["verify", "--deep", *where]),
    ]
    with suppress(NewsdexError), Index.open(folder) as index:
        index.overview()
        index.suggest("fer")
        index.article("https://example.org/ferry")
    faults += [
        run(main, ["export", str(folder.parent / "again.tar.zst"), *where]),
        run(main, ["delete", "--id", "ferry", *where]),
        run(main, ["delete", "--id", "nobody", "--purge", *where]),
    ]
    return [fault for fault in faults if fault]


def run(command: Callable[[list[str]], int], arguments: list[str]) -> str:
    """Run a command; what it did that none should, if anything."""
    err = io.StringIO()
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape")), redirect_stderr(err):
        code = command(arguments)
    return "" if code in (0, 1, 2) and "Traceback" not in err.getvalue() else f"{arguments}: {code}: {err.getvalue()}"


def attack(members: Members, random: Random) -> list[str]:
    """Import hostile members, or find them in an index; what went wrong, if anything."""
    found = hostile(members, random)
    with TemporaryDirectory() as temporary:
        home = Path(temporary) / "a" / "b" / "c" / "d"
        home.mkdir(parents=True)
        if random.random() < 0.5:
            as_index(found, home / "index")
        else:
            (home / "x.tar.zst").write_bytes(packed(found))
            faults = [run(main, ["import", str(home / "x.tar.zst"), "--index-dir", str(home / "index")])]
            if faults[0] or not (home / "index" / "CURRENT").exists():
                return [fault for fault in faults if fault] + _outside(Path(temporary), home)
        return use(home / "index") + _outside(Path(temporary), home)


def _outside(folder: Path, home: Path) -> list[str]:
    """What was written to ``folder`` and does not belong in ``home``."""
    allowed = {home, *home.parents, home / "index", home / "x.tar.zst", home / "again.tar.zst"}
    return [f"{path} was written" for path in folder.rglob("*") if path not in allowed and home / "index" not in path.parents]


def attack_often(count: int) -> None:
    """Attack so many times, and print the faults and the peak of the memory."""
    os.environ["NEWSDEX_DEBUG"] = "1"
    with TemporaryDirectory() as temporary:
        members = sample(Path(temporary))
        faults = [f"attack {seed}: {fault}" for seed in range(count) for fault in attack(members, Random(seed))]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(f"{peak()}\n")


def peak() -> int:
    """The most memory that this process has had, in bytes. ru_maxrss would count what its parent had."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    attack_often(int(sys.argv[1]))
