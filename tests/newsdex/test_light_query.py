"""Asking a question is cheap: what is loaded for it is little, and what is imported from Python loads nothing until it is used."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import newsdex
from newsdex import Index, index_paths
from newsdex.encoder import DEFAULT_MODEL

HEAVY = ["torch", "transformers", "sentence_transformers", "openvino"]
FOR_INDEXING = ["safetensors", "yaml", "charset_normalizer", "sentencex", "tqdm", "newsdex.indexer"]


def run_python(code: str, *arguments: str | Path) -> Any:
    """What ``code`` prints as JSON on its last line, run in a new process."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def real_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles in an index of the default model."""
    folder = tmp_path_factory.mktemp("light")
    articles = folder / "articles"
    articles.mkdir()
    (articles / "copper.txt").write_text("The price of copper rose in London on Friday. Traders were glad of it.\n", encoding="utf-8")
    (articles / "vote.txt").write_text(
        "Voters in Senegal chose a new president, Bassirou Diomaye Faye. He had been in prison until that week.\n",
        encoding="utf-8",
    )
    index_paths([articles], folder / "index")
    return folder / "index"


SEARCH = """
import json, sys
from newsdex.cli import main_search
code = main_search(["--index-dir", sys.argv[1], "-n", "1", "--format", sys.argv[2], "who is the new president of Senegal?"])
print()
print(json.dumps([code, sorted(sys.modules)]))
"""


@pytest.mark.parametrize("form", [pytest.param("text", id="text"), pytest.param("json", id="json")])
def test_a_search_loads_nothing_heavy(real_index: Path, form: str) -> None:
    """A search with the default model loads no torch, no transformers, no OpenVINO, and nothing that only indexing needs."""
    code, modules = run_python(SEARCH, real_index, form)
    assert code == 0
    assert [name for name in (*HEAVY, *FOR_INDEXING) if name in modules] == []
    assert {"numpy", "xxhash"} <= set(modules)  # it was a real search
    # A small index and an English question need none of these: the first two take 25 and 17 CPU milliseconds, others half of one or more.
    assert [name for name in ("faiss", "tokenizers", "socket", "hashlib", "shutil", "tempfile") if name in modules] == []
    assert [name for name in ("calendar", "difflib", "gzip", "click.shell_completion") if name in modules] == []


MADE = """
import json, re, sys
import click, numpy
before = set(re._cache)
from newsdex.cli import main_search
code = main_search(["--index-dir", sys.argv[1], "--all", sys.argv[2]])
patterns = [pattern for _, pattern, _ in re._cache.keys() - before]
modules = [name for name in sys.modules if name.split(".")[0] == "newsdex"]
kinds = {kind for name in modules for kind in vars(sys.modules[name]).values() if isinstance(kind, type)}
records = sum("newsdex" in kind.__module__ and hasattr(kind, "__dataclass_fields__") for kind in kinds)
print()
print(json.dumps([code, len(patterns), sum(map(len, patterns)), len(modules), records]))
"""


@pytest.mark.parametrize(
    ("question", "most"),
    [
        pytest.param("new president of Senegal", 2_500, id="a topic"),
        pytest.param("who is the new president of Senegal", 3_000, id="a person"),
        pytest.param("how many voters chose the president of Senegal", 4_000, id="a number"),
    ],
)
def test_a_search_makes_no_more_than_it_needs(question: str, most: int, real_index: Path) -> None:
    """A search compiles few patterns, of at most ``most`` characters in all, loads few modules and makes few dataclasses. These counts do
    not depend on the machine. If one is exceeded, compile, import or make only where it is needed.
    """
    code, patterns, characters, modules, records = run_python(MADE, real_index, question)
    assert code <= 1  # no number is told
    assert 0 < patterns <= 65
    assert 0 < characters <= most
    assert 0 < modules <= 76
    assert 0 < records <= 21


def test_the_answer_is_a_real_one(real_index: Path) -> None:
    """The index of these tests is one of the default model, which knows that an election is a vote."""
    with Index.open(real_index) as index:
        assert index.manifest.model.name == DEFAULT_MODEL
        assert index.search("who won the election?")[0].article.path.name == "vote.txt"


def test_status_loads_nothing_heavy(real_index: Path) -> None:
    """The command status loads no model and no index of vectors."""
    code, modules = run_python(
        "import json, sys; from newsdex.cli import main; code = main(['status', '--index-dir', sys.argv[1]]); print(json.dumps([code, "
        "sorted(sys.modules)]))",
        real_index,
    )
    assert code == 0
    assert [name for name in (*HEAVY, "faiss", "tokenizers") if name in modules] == []


ADD = """
import json, sys
from newsdex.cli import main
code = main(["index", sys.argv[1], "--index-dir", sys.argv[2]])
print()
print(json.dumps([code, sorted(sys.modules)]))
"""


def test_to_add_a_text_loads_nothing_heavy(real_index: Path, tmp_path: Path) -> None:
    """A new text file, by the default model: no OpenVINO, no tokenizers library, no reader of another format, no parser process. The index
    has its vector.
    """
    shutil.copytree(real_index, tmp_path / "index")
    (tmp_path / "ferry.txt").write_text("A ferry ran aground near Oslo on Monday. All of its passengers were rescued.\n", encoding="utf-8")
    code, modules = run_python(ADD, tmp_path / "ferry.txt", tmp_path / "index")
    assert code == 0
    assert [
        name for name in (*HEAVY, "tokenizers", "charset_normalizer", "lxml", "email", "zipfile", "subprocess") if name in modules
    ] == []
    folder = "newsdex.indexer.readers."
    readers = {name.removeprefix(folder) for name in modules if name.startswith(folder)}
    assert "plain" in readers
    formats = {"webpage", "markup", "pdf", "docx", "odt", "epub", "feed", "warc", "mail", "ocr", "json_records", "separated", "parquet"}
    assert readers & {*formats, "markdown", "unpacking"} == set()
    with Index.open(tmp_path / "index") as index:
        assert index.search("shipwreck in Norway", mode="dense")[0].article.path.name == "ferry.txt"


@pytest.mark.parametrize(
    "code",
    [pytest.param("import newsdex", id="newsdex"), pytest.param("import newsdex; dir(newsdex); newsdex.NewsdexError", id="an error")],
)
def test_import_is_light(code: str) -> None:
    """Importing newsdex, listing its names and taking an exception from it loads none of the libraries it stands on."""
    modules = run_python(f"{code}; import json, sys; print(json.dumps(sorted(sys.modules)))")
    assert [name for name in ("numpy", "faiss", "tokenizers", "click", *HEAVY, *FOR_INDEXING) if name in modules] == []


def test_help_is_light() -> None:
    """--help loads click and nothing of the search."""
    code, modules = run_python(
        "import json, sys; from newsdex.cli import main; code = main(['--help']); print(json.dumps([code, sorted(sys.modules)]))"
    )
    assert code == 0
    assert [name for name in ("numpy", "faiss", "tokenizers", *HEAVY, *FOR_INDEXING) if name in modules] == []


@pytest.mark.parametrize("name", newsdex.__all__)
def test_every_public_name(name: str) -> None:
    """Every name in __all__ is listed by dir(), resolves, and is the object of that name in its home module."""
    assert name in dir(newsdex)
    value = getattr(newsdex, name)
    assert value.__name__ == name
    assert getattr(import_module(value.__module__), name) is value
    assert getattr(newsdex, name) is value  # now without a look-up


def test_the_public_names_are_those_of_the_docstring_and_the_errors() -> None:
    """The public face is the index, the run, their records and settings, and every exception of the tree."""
    errors = import_module("newsdex.errors")
    exceptions = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert exceptions <= set(newsdex.__all__)
    assert {"Index", "index_paths", "Options", "Chunking", "Report", "Problem", "Article", "Passage", "Hit", "Published", "Span"} <= set(
        newsdex.__all__
    )
    assert sorted(set(newsdex.__all__)) == newsdex.__all__


def test_what_an_index_returns_has_a_public_name() -> None:
    """Whoever writes a function around one of its methods can name the type; what is left out is for newsdex's own server."""
    tree = ast.parse(Path(inspect.getfile(newsdex.Index)).read_text(encoding="utf-8"))
    [index] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = [node for node in index.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")]
    returned = {name.id for each in methods if each.returns for name in ast.walk(each.returns) if isinstance(name, ast.Name)}
    assert {name for name in returned if name[0].isupper()} - {*newsdex.__all__} == {"Asker", "Manifest", "Path", "Vectors"}


def test_the_version_is_the_package_s() -> None:
    """It is read when it is asked for: ``import newsdex`` loads no importlib.metadata."""
    code = "import json, sys, newsdex; before = 'importlib.metadata' in sys.modules; print(json.dumps([before, newsdex.__version__]))"
    assert run_python(code) == [False, version("newsdex")]


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that newsdex does not have is an AttributeError that names it, and an ImportError where it is imported."""
    with pytest.raises(AttributeError, match="module 'newsdex' has no attribute 'serach'"):
        newsdex.serach  # noqa: B018
    assert not hasattr(newsdex, "__wrapped__")


@pytest.mark.parametrize("name", ["search", "indexer", "store", "engines", "cli"])
def test_no_name_hides_a_subpackage(name: str) -> None:
    """No public name hides a subpackage: newsdex.search and the others are modules."""
    assert name not in newsdex.__all__
    import_module(f"newsdex.{name}")
    assert isinstance(getattr(newsdex, name), ModuleType)
