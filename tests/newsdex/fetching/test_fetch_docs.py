"""docs/FETCH.md: what it shows works, on a server of this machine in place of example.org."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_web import Web, article, item, page, rss, serving
from paths import DOCS

PAGE = (DOCS / "FETCH.md").read_text(encoding="utf-8")


@pytest.fixture
def web() -> Iterator[Web]:
    """A server with the feed of the page, and one article."""
    with serving() as server:
        server.answers |= {"/news.rss": rss(item("/ferry")), "/ferry": page(article("Ferry strike"))}
        yield server


def blocks(kind: str, web: Web | None = None) -> list[str]:
    """The examples of a kind, in order, with the address of ``web`` for that of the page."""
    found = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return [block.replace("https://example.org", web.url("")) for block in found] if web else found


def run(line: str, folder: Path) -> str:
    """Run a line of the page as a shell does, in a home of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSDEX_")}
    environment |= {
        "HOME": str(folder),
        "NEWSDEX_FETCH_RUN_ALLOW_PRIVATE": "1",
        "NEWSDEX_FETCH_RUN_RATE": "1000",
        "NEWSDEX_INDEX_MODEL": "hash",
    }
    program = f'newsdex() {{ "{sys.executable}" -m newsdex "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout


def test_the_commands_work(web: Web, tmp_path: Path) -> None:
    """From the feed to the index, and the source removed."""
    [block] = blocks("sh", web)
    lines = block.splitlines()
    assert len(lines) == 5
    said = [run(line, tmp_path) for line in lines]
    assert said[1] == f"new: {web.url('/ferry')}  Ferry strike\n"
    assert said[2].startswith("added 1,")
    assert "feed, 1 article," in said[3]
    assert said[4] == f"removed: {web.url('/news.rss')}\n"


def test_cron_and_systemd(web: Web, tmp_path: Path) -> None:
    """The line of the crontab fetches and indexes; the command of the service is one that newsdex has."""
    [cron] = [line for line in PAGE.splitlines() if line.startswith("*/10 ")]
    run(f"newsdex fetch add {web.url('/news.rss')} --folder ~/news", tmp_path)
    assert "added 1," in run(cron.split(maxsplit=5)[5], tmp_path)
    [command] = re.findall(r"^ExecStart=(.*)$", PAGE, re.MULTILINE)
    run(f"newsdex fetch add {web.url('/news.rss')} --folder srv/articles", tmp_path)
    words = [word.removeprefix("/srv").replace("/articles", "srv/articles") for word in shlex.split(command)]
    assert words[0] == "/opt/newsdex/bin/newsdex"
    run(shlex.join(["newsdex", *words[1:]]), tmp_path)


def test_the_settings_and_options_are_those_of_the_command(web: Web, tmp_path: Path) -> None:
    """The file as shown is taken, and the table has every option of run but the usual ones."""
    [file] = blocks("toml")
    (tmp_path / "newsdex.toml").write_text(file.replace("/srv/news", "srv"), encoding="utf-8")
    run(f"newsdex fetch add {web.url('/news.rss')}", tmp_path)
    assert (tmp_path / "srv" / ".fetch").is_dir()
    named = set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
    assert named == set(re.findall(r"--[a-z-]+", run("newsdex fetch run --help", tmp_path))) - {"--folder", "--json", "--help"}


def test_the_python_works(web: Web, tmp_path: Path) -> None:
    """As it stands, but for the right to ask this machine."""
    [example] = blocks("python", web)
    program = example.replace("rate=0.5", "rate=1000, allow_private=True")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == f"new {web.url('/ferry')}\n1 []\n", done.stderr
