"""The wheel holds exactly the modules of the tree, below one name, and works where only it is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from email.parser import Parser
from pathlib import Path

import pytest
from paths import ROOT

HOMES = {"newsdex": "newsdex", "newsdex/indexer": "indexer", "newsdex/search": "search"}  # in the wheel: in the tree
SETUP = ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
VERSION = SETUP["metadata"]["version"]


def can_build() -> bool:
    """Whether this environment can build a wheel without asking an index: setuptools does it alone since 70.1."""
    if not importlib.util.find_spec("setuptools"):
        return False
    return any(importlib.util.find_spec(name) for name in ("setuptools.command.bdist_wheel", "wheel"))


def tree_files() -> list[str]:
    """The files of the project: those that git keeps or would keep."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not a checkout of git: {done.stderr.strip()}")
    return sorted(name for name in set(done.stdout.split("\0")) if name and os.path.lexists(ROOT / name))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of the project, its links kept as links."""
    folder = tmp_path_factory.mktemp("packaging") / "checkout"
    for name in tree_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    assert (folder / "newsdex" / "search").is_symlink()
    assert (folder / "newsdex" / "indexer").is_symlink()
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    """The wheel, built offline from the copy."""
    if not can_build():
        pytest.skip("this environment has no setuptools that builds wheels")
    out = checkout.parent / "wheels"
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    done = subprocess.run([*command, "--wheel-dir", out], cwd=checkout, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = out.iterdir()
    return built


def test_the_files_of_the_wheel(checkout: Path, wheel: Path) -> None:
    """The wheel holds the modules of newsdex/, indexer/ and search/, the files of the page, the words of languages, the weights of the
    readers, the mark of typing, its own record, and nothing else.
    """
    readers = {f"newsdex/engines/reader{name}.safetensors" for name in ("", "-multilingual")}
    expected, data = {"newsdex/py.typed"} | readers, (Path("page"), Path("lists"), Path("check/lists"))
    for inside, home in HOMES.items():
        for folder, subfolders, names in os.walk(checkout / home):
            subfolders[:] = [name for name in subfolders if not (Path(folder) / name).is_symlink()]
            relative = Path(folder).relative_to(checkout / home)
            expected |= {(inside / relative / name).as_posix() for name in names if name.endswith((".py", ".txt")) or relative in data}
    info = f"newsdex-{VERSION}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    assert len(names) == len(set(names))
    assert {name for name in names if not name.startswith(f"{info}/")} == expected
    assert {name.split("/")[0] for name in names} == {"newsdex", info}
    assert {f"{info}/licenses/LICENSE", f"{info}/LICENSE"} & set(names)  # before and since setuptools 77


def test_the_content_of_the_wheel(checkout: Path, wheel: Path) -> None:
    """Each module of the wheel is the file of the tree, byte for byte."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("newsdex/"):
                assert archive.read(name) == (checkout / name).read_bytes(), name


def test_the_description_of_the_wheel(wheel: Path) -> None:
    """The wheel requires Python 3.10, brings the two commands, and names each requirement of setup.cfg."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(f"newsdex-{VERSION}.dist-info/METADATA").decode())
        entries = ConfigParser()
        entries.read_string(archive.read(f"newsdex-{VERSION}.dist-info/entry_points.txt").decode())
    assert (metadata["Name"], metadata["Version"], metadata["Requires-Python"]) == ("newsdex", VERSION, ">=3.10")
    assert dict(entries["console_scripts"]) == {"newsdex": "newsdex.cli:run_main", "search": "newsdex.cli:run_search"}
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    wanted = [line for line in SETUP["options"]["install_requires"].splitlines() if line]
    assert sorted(line.replace(" ", "").lower() for line in required) == sorted(line.replace(" ", "").lower() for line in wanted)


def test_the_wheel_works_alone(wheel: Path, tmp_path: Path) -> None:
    """Without the checkout, python -m newsdex indexes and answers from the wheel's own files."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "copper.txt").write_text("Copper rose in London.\n", encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(site)}
    environment.pop("NEWSDEX_INDEX_DIR", None)

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True
        ).stdout

    homes = run(
        "-c", "import newsdex.cli, newsdex.indexer, newsdex.search as s; print(newsdex.__file__, newsdex.indexer.__file__, s.__file__)"
    )
    assert homes.split() == [f"{site}/newsdex/__init__.py", f"{site}/newsdex/indexer/__init__.py", f"{site}/newsdex/search/__init__.py"]
    assert run("-m", "newsdex", "--version") == f"newsdex, version {VERSION}\n"
    assert run("-m", "newsdex", "index", "articles", "--model", "hash").startswith("added 1, ")
    assert "Copper rose in London." in run("-m", "newsdex", "search", "copper")


def test_a_plain_installation_reads_what_it_fetches() -> None:
    """`newsdex fetch add` promises that `newsdex fetch run` works: what that needs is no extra."""
    assert "warcio" in SETUP["options"]["install_requires"]
    assert not {"fetch", "warc"} & set(SETUP["options.extras_require"])
