"""The files of deploy/ and the commands of docs/DEPLOYMENT.md fit the program."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from paths import DOCS, ROOT

from newsdex.cli import newsdex

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def command_lines() -> list[list[str]]:
    """What the image, the containers and the units run."""
    image = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    units = [re.findall(r"^ExecStart=\S+/newsdex (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE) for path in UNITS]
    return [
        *map(json.loads, image),
        *(service["command"] for service in compose["services"].values()),
        *(shlex.split(line) for lines in units for line in lines),
    ]


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_every_command_line_is_understood(line: list[str]) -> None:
    """Its options are those that the command has."""
    command = newsdex.get_command(click.Context(newsdex), line[0])  # type: ignore[attr-defined]
    assert command.make_context(line[0], line[1:]).params


def test_there_is_a_line_of_each_file() -> None:
    """The image's, two of the containers, one of each unit."""
    assert sorted(line[0] for line in command_lines()) == ["serve", "serve", "serve", "watch", "watch"]
    assert len(UNITS) == 2


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_the_units(unit: Path) -> None:
    """It finds nothing wrong but that newsdex is not installed here."""
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False)
    wrong = [line for line in done.stderr.splitlines() if unit.name in line and "is not executable" not in line]
    assert wrong == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_units_wait(path: Path) -> None:
    """For the first index, for the mount of the articles, and after SIGHUP: systemd gives up on a unit that ends five times within ten
    seconds, unless it is told not to.
    """
    unit, service = path.read_text(encoding="utf-8").split("[Service]")
    assert "\nStartLimitIntervalSec=0\n" in unit
    assert "\nRestart=always\nRestartSec=5\n" in service
    wanted = re.findall(r"^ExecStart=\S+/newsdex watch (\S+)", service, re.MULTILINE)
    assert set(re.findall(r"^RequiresMountsFor=(.+)", unit, re.MULTILINE)[0].split()) == {*wanted, "/var/lib/newsdex"}


@pytest.mark.parametrize(("name", "line"), [("Caddyfile", r"health_uri (\S+)"), ("Dockerfile", r"127\.0\.0\.1:8000(/\w+)")])
def test_a_server_that_answers_stays_in_use(name: str, line: str) -> None:
    """What a proxy or a container manager asks fails only where nothing answers."""
    assert re.findall(line, (DEPLOY / name).read_text(encoding="utf-8")) == ["/health"]


def test_the_image_is_checked_for_what_serve_imports() -> None:
    """The line runs, and imports the server with its application."""
    [code] = re.findall(r'/python -c "(import .*)"', (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    program = f"{code}; import sys; assert 'uvicorn' in sys.modules and 'newsdex.search.server.app' in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("line", ["network_mode: none", "PrivateNetwork", "RestrictAddressFamilies"])
def test_the_page_names_the_lines_that_keep_the_watcher_from_the_network(line: str) -> None:
    """As they stand in the files."""
    page = (DOCS / "DEPLOYMENT.md").read_text(encoding="utf-8").partition("## Standing questions")[2].partition("\n## ")[0]
    assert line in page
    files = (DEPLOY / "compose.yaml", DEPLOY / "systemd" / "newsdex-watch.service")
    assert any(line in path.read_text(encoding="utf-8") for path in files)


def test_the_image_gets_what_it_installs() -> None:
    """What the build may see is there, and has every package of setup.cfg."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    seen = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert all((ROOT / name).exists() for name in seen)
    assert {"newsdex", "indexer", "search", "setup.cfg", "pyproject.toml", ".ci/requirements"} <= set(seen)


def test_a_standby_is_made_as_the_page_says(tmp_path: Path, demo_index: Path) -> None:
    """The commands, one after another in one folder, end with an index of as many articles."""
    page = (DOCS / "DEPLOYMENT.md").read_text(encoding="utf-8").partition("## A standby")[2]
    commands = page.partition("```sh\n")[2].partition("```")[0]
    shutil.copytree(demo_index, tmp_path / "index")
    program = f'set -e; newsdex() {{ "{sys.executable}" -m newsdex "$@"; }}; {commands}'
    environment = {**os.environ, "NEWSDEX_CONFIG": os.devnull}
    done = subprocess.run(["bash", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    counts = re.findall(r"(?:exported|imported) (\d+) articles|^articles +(\d+)", done.stdout, re.MULTILINE)
    assert len({number for pair in counts for number in pair if number}) == 1
    assert len(counts) == 3, done.stdout
