"""docs/FOLLOW.md: what it shows works on the sample archive."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from http_server import running
from paths import DOCS, EXAMPLES

from newsdex.following import followed
from newsdex.following.delivery import key_of, record_of, signature
from newsdex.store.following import Notice, Standing

PAGE = (DOCS / "FOLLOW.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The examples of a kind, in order."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl: apt-get install curl")
def test_the_requests_work(home: Path) -> None:
    """Each is answered: the question is there after the first and gone after the last."""
    pytest.importorskip("fastapi")
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl")]
    with running(home / "index_data") as server:
        told = [
            json.loads(
                subprocess.run(["bash", "-c", line.replace("http://127.0.0.1:8000", server.url)], capture_output=True, check=True).stdout
            )
            for line in lines
        ]
    assert [told[0]["name"], [each["name"] for each in told[1]["following"]], told[2]["name"]] == ["ferry", ["ferry"], "ferry"]
    assert followed(home / "index_data") == ()


@pytest.fixture
def home(demo_index: Path, tmp_path: Path) -> Path:
    """A home with the sample archive, its index, and a program called mail."""
    shutil.copytree(demo_index, tmp_path / "index_data")
    shutil.copytree(EXAMPLES / "articles", tmp_path / "archive")
    (tmp_path / "mail").write_text('#!/bin/sh\ncat > "$HOME/mailed"\n', encoding="utf-8")
    (tmp_path / "mail").chmod(0o755)
    return tmp_path


def test_the_commands_work(home: Path) -> None:
    """Each ends well, but for a test of the last month, of which the sample has nothing; and what is new is told and mailed."""
    environment = {**os.environ, "HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}", "NEWSDEX_INDEX_DIR": str(home / "index_data")}
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("newsdex")]
    assert len(lines) == 7
    program = f'newsdex() {{ "{sys.executable}" -m newsdex "$@"; }}; '

    def run(line: str) -> str:
        done = subprocess.run(["bash", "-c", program + line], cwd=home, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == ("--test" in line), (line, done.stderr)
        return done.stdout

    for line in lines:
        run(line)
    assert len(followed(home / "index_data")) == 2
    (home / "archive" / "new.md").write_text(
        "# China arms Russia\n\nChina's support for Russia in the war grew, officials said.\n", encoding="utf-8"
    )
    run("newsdex index ~/archive")
    assert "China arms Russia" in (home / "mailed").read_text(encoding="utf-8")


def test_the_python_works(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last block as it stands, and the receiver with what is sent."""
    monkeypatch.chdir(home)
    receiver, example = blocks("python")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(example, {})
    names: dict[str, Any] = {}
    exec(receiver, names)
    key, body = b"k" * 32, b'{"notice": "1"}'
    headers = signature(key, body)
    assert names["is_genuine"](key, headers, body)
    assert not names["is_genuine"](key, headers, body + b" ")
    assert not names["is_genuine"](key, {**headers, "X-Newsdex-Timestamp": "1"}, body)


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_the_receiver_takes_the_key_file_as_it_is_made(home: Path) -> None:
    """The command makes a key with a newline at its end, which is not part of the key that signs."""
    [command] = re.findall(r"`(openssl rand [^`]+)`", PAGE)
    subprocess.run(["bash", "-c", command], cwd=home, check=True)
    content = (home / "hook.key").read_bytes()
    assert content.endswith(b"\n")
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)
    standing = Standing("n", "u", "q", "2024", webhook="https://desk.example/", secret=str(home / "hook.key"))
    body = b'{"notice": "1"}'
    assert names["is_genuine"](content, signature(key_of(standing), body), body)


def test_the_record_is_as_shown() -> None:
    """The same names in the same order."""
    [shown] = blocks("json")
    notice = Notice("0" * 32, "u", "2024", False, "a.md", "", "", "", "", "", 0.5, "", "")
    assert list(json.loads(shown)) == list(record_of(Standing("n", "u", "q", "2024"), notice))
