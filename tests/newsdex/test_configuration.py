"""Settings from newsdex.toml and the environment, and what is said of those that are not understood."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import command
import pytest
from paths import DOCS

from newsdex.configuration import read


def run(folder: Path, *arguments: str, **variables: str) -> command.Ran:
    """Run newsdex in ``folder``, with no settings but those that are there."""
    return command.run(*arguments, cwd=folder, **{"XDG_CONFIG_HOME": str(folder / "config"), **variables})


def shown(folder: Path, *arguments: str, **variables: str) -> dict[str, tuple[Any, str]]:
    """Value and origin of each setting that ``newsdex config show`` has."""
    done = run(folder, "config", "show", "--json", *arguments, **variables)
    assert done.code == 0, done.err
    records = map(json.loads, done.out.splitlines())
    return {record["name"]: (record["value"], record["origin"]) for record in records}


def write(folder: Path, text: str, name: str = "newsdex.toml") -> Path:
    """A configuration file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def hits(done: command.Ran) -> list[Any]:
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_flag_goes_before_the_environment_and_that_before_the_file(tmp_path: Path, demo_index: Path) -> None:
    """Three, two and one hits, as each says; and the index that the file names is the one that is searched."""
    write(tmp_path, f'index-dir = "{demo_index}"\n[search]\nlimit = 3\nall = true\n')
    assert len(hits(run(tmp_path, "search", "--jsonl", "China"))) == 3
    assert len(hits(run(tmp_path, "search", "--jsonl", "China", NEWSDEX_SEARCH_LIMIT="2"))) == 2
    assert len(hits(run(tmp_path, "search", "--jsonl", "-n", "1", "China", NEWSDEX_SEARCH_LIMIT="2"))) == 1
    assert run(tmp_path, "search", "China", NEWSDEX_INDEX_DIR="elsewhere").code == 2


def test_the_command_search_has_the_settings_of_newsdex_search(tmp_path: Path, demo_index: Path) -> None:
    """The short form reads the same file."""
    write(tmp_path, f'index-dir = "{demo_index}"\n[search]\nlimit = 2\nformat = "jsonl"\nall = true\n')
    code = "from newsdex.cli import main_search; main_search(['China'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert len(done.stdout.splitlines()) == 2


def test_newsdex_alone_and_every_command_take_the_index_of_the_file(tmp_path: Path, demo_index: Path) -> None:
    """What has no option of its own for the index has it too. A path may begin with the home folder, which no shell replaces here."""
    write(tmp_path, f'index-dir = "~/{demo_index.name}"\n')
    assert run(tmp_path, "search", "China", HOME=str(demo_index.parent)).code == 0
    assert str(demo_index) in run(tmp_path, HOME=str(demo_index.parent)).out
    write(tmp_path, f'index-dir = "{demo_index}"\n')
    assert str(demo_index) in run(tmp_path).out
    assert run(tmp_path, "status").code == 0


def test_config_show_says_where_each_value_comes_from(tmp_path: Path) -> None:
    """File, environment and default; the variable goes before the file."""
    write(tmp_path, 'index-dir = "a"\n[serve]\nport = 8080\nrate = 5\nallowed-host = ["a.example", "b.example"]\n')
    found = shown(tmp_path, NEWSDEX_SERVE_PORT="99")
    assert found == {
        "index-dir": ("a", "newsdex.toml"),
        "serve.port": ("99", "NEWSDEX_SERVE_PORT"),
        "serve.rate": (5, "newsdex.toml"),
        "serve.allowed-host": (["a.example", "b.example"], "newsdex.toml"),
    }
    whole = shown(tmp_path, "serve")
    assert whole["serve.host"] == ("127.0.0.1", "default")
    assert whole["serve.port"] == (8080, "newsdex.toml")
    assert whole["serve.index-dir"] == ("a", "newsdex.toml")


def test_config_show_keeps_secrets_and_names_unknown_variables(tmp_path: Path) -> None:
    """A key is said to be set, not what it is; a variable that no option has is named, for it does nothing."""
    done = run(tmp_path, "config", "show", NEWSDEX_API_KEY="open sesame", NEWSDEX_SERVE_PROT="99")
    assert "sesame" not in done.out + done.err
    assert "NEWSDEX_API_KEY" in done.out
    assert "no option has the variable NEWSDEX_SERVE_PROT" in done.err


def test_a_file_of_an_editor_on_windows_is_read(tmp_path: Path) -> None:
    """Which begins with a byte order mark, and ends its lines with two characters."""
    write(tmp_path, "\ufeff[serve]\r\nport = 3\r\n")
    assert shown(tmp_path)["serve.port"][0] == 3


def test_which_file_is_read(tmp_path: Path) -> None:
    """The working folder's goes before that of the user, and the one that is named before both; /dev/null is none."""
    write(tmp_path, "[serve]\nport = 3\n", "config/newsdex/newsdex.toml")
    assert shown(tmp_path)["serve.port"][0] == 3
    write(tmp_path, "[serve]\nport = 2\n")
    assert shown(tmp_path)["serve.port"][0] == 2
    named = write(tmp_path, "[serve]\nport = 1\n", "other.toml")
    assert shown(tmp_path, NEWSDEX_CONFIG=str(named))["serve.port"] == (1, str(named))
    assert shown(tmp_path, NEWSDEX_CONFIG=os.devnull) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[serve]\nprot = 1", "newsdex serve has no option 'prot'; did you mean port?", id="unknown option"),
        pytest.param("[srve]\nport = 1", "the table [srve] belongs to no command; did you mean serve?", id="unknown table"),
        pytest.param('index_dir = "a"', "the key 'index_dir' is not known; did you mean index-dir?", id="unknown key"),
        pytest.param("port = 1", "the key 'port' is not known: expected index-dir, or an option in the table", id="option outside a table"),
        pytest.param("serve = 1", "serve is 1: expected a table, [serve]", id="no table"),
        pytest.param("[serve]\nport = 99999", "serve.port: 99999: expected a whole number from 0 to 65535\n", id="out of range"),
        pytest.param("[serve]\nport = 80.5", "serve.port: '80.5': expected a whole number from 0 to 65535\n", id="a fraction"),
        pytest.param("[serve]\nslow = 'fast'", "serve.slow: 'fast': expected a number of at least 0", id="no number"),
        pytest.param("[serve]\nport = true", "serve.port is true: expected a text or number", id="flag for a number"),
        pytest.param("[serve]\nport = [1, 2]", "serve.port is [1, 2]: expected a text or number", id="several for one"),
        pytest.param("[serve]\nin-memory = 1", "serve.in-memory is 1: expected true or false", id="number for a flag"),
        pytest.param("[serve]\nlog-format = 'xml'", "serve.log-format: 'xml' is not one of 'text', 'json'", id="unknown choice"),
        pytest.param("[serve]\njson = true\n", "newsdex serve has no option 'json'", id="option of another command"),
        pytest.param("[serve", "newsdex.toml is not TOML: ", id="no TOML"),
        pytest.param("a = " + 5_000 * "[", "newsdex.toml is not TOML: ", id="nested too deeply"),
        pytest.param("#" * 100_001, "newsdex.toml is too large: expected at most 100,000 bytes", id="too large"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, told: str, tmp_path: Path) -> None:
    """It names the file, the key, what was expected and the nearest name; help is shown all the same."""
    write(tmp_path, text)
    done = run(tmp_path, "serve")
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert run(tmp_path, "serve", "--help").code == 0


@pytest.mark.parametrize(
    ("command", "setting", "told"),
    [
        ("search", "limit = 0", "limit of 0 is not allowed: expected 1 to 10000"),
        ("search", "min-score = 2", "least score of 2.0 is not allowed: expected 0 to 1"),
        ("search", "since = 'zz'", "the date 'zz' is not understood"),
        ("search", "recency = 'zz'", "'zz'"),
        ("search", "where = ['a']", "the condition 'a' is not understood"),
        ("check", "threshold = 3", "3.0: expected a number from 0 to 1"),
        ("index", "wait = -1", "-1.0: expected a number of at least 0"),
        ("verify-quote", "limit = 0", "0: expected a whole number of at least 1"),
        ("fetch run", "rate = 0", "0.0: expected a number from 0.001 to 1000"),
        ("fetch run", "user-agent = 'ключ'", "'ключ' is not valid"),
    ],
)
def test_config_show_refuses_what_the_command_refuses(command: str, setting: str, told: str, tmp_path: Path) -> None:
    """In the file and in a variable, with what is expected."""
    write(tmp_path, f"[{command.replace(' ', '.')}]\n{setting}\n")
    name = command.partition(" ")[0]
    for asked in (["config", "show"], command.split() + ["x"] * (name != "fetch")):
        done = run(tmp_path, *asked)
        assert done.code == 2, done
        assert told in done.err
        assert f"newsdex.toml: {command.replace(' ', '.')}.{setting.partition(' ')[0]}" in done.err
    key, _, value = setting.partition(" = ")
    variable = f"NEWSDEX_{command}_{key}".replace(" ", "_").replace("-", "_").upper()
    done = run(tmp_path, "config", "show", NEWSDEX_CONFIG=os.devnull, **{variable: value.strip("[]'")})
    assert (done.code, variable in done.err) == (2, True), done


def test_a_file_that_is_missing_is_an_error_only_if_it_was_named(tmp_path: Path) -> None:
    """NEWSDEX_CONFIG must name one that can be read."""
    done = run(tmp_path, "config", "show", NEWSDEX_CONFIG="nowhere.toml")
    assert done.code == 2
    assert "cannot read the configuration file nowhere.toml: No such file" in done.err
    assert run(tmp_path, "config", "show").code == 0


def test_the_example_of_the_documents_is_understood(tmp_path: Path) -> None:
    """The file that docs/DEPLOYMENT.md shows has only what commands know."""
    example = (DOCS / "DEPLOYMENT.md").read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    path = write(tmp_path, example)
    settings = shown(tmp_path)
    assert set(read(str(path))) <= {name.partition(".")[0] for name in settings}


def test_a_search_without_a_file_loads_no_reader_of_toml(tmp_path: Path, demo_index: Path) -> None:
    """A question pays nothing for settings that there are not."""
    code = (
        "import sys; from newsdex.cli import main_search; main_search(sys.argv[1:]); print('tomllib' in sys.modules, 'tomli' in "
        "sys.modules)"
    )
    command = [sys.executable, "-c", code, "--index-dir", str(demo_index), "China"]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "False False"


def test_a_variable_that_no_option_has_is_named(tmp_path: Path) -> None:
    """As an unknown key of the file is, but the command goes on: a cluster may set variables of its own."""
    done = run(tmp_path, "serve", NEWSDEX_SERVE_PROT="8001", NEWSDEX_SERVE_PORT="1")
    assert "newsdex: no option has the variable 'NEWSDEX_SERVE_PROT'; did you mean NEWSDEX_SERVE_PORT?\n" in done.err
    assert "there is no index" in done.err
    assert "NEWSDEX" not in run(tmp_path, "status", NEWSDEX_INDEX_DIR="none", NEWSDEX_SERVE_PROT="8001").err
