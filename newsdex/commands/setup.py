"""Setting newsdex up: current settings, models, next steps, shell completion."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource
from click.shell_completion import get_completion_class

from newsdex import configuration
from newsdex.commands.common import Naming, snapshot_of
from newsdex.console import completion_variable, shown, use_one_thread
from newsdex.errors import IndexMissing, ModelError, UsageError
from newsdex.values import amount

# Variables that are no option's; the values of the first four are secret.
_SECRET = ("NEWSDEX_API_KEY", "NEWSDEX_LLM_KEY", "NEWSDEX_EMBEDDINGS_KEY", "NEWSDEX_MILVUS_TOKEN")
_OTHERS = (*_SECRET, configuration.FILE_VARIABLE, configuration.INDEX_VARIABLE, "NEWSDEX_EMBEDDINGS_HOSTS", "NEWSDEX_DEBUG")
_COLUMNS = ("name", "size", "languages", "window", "licence", "family", "engine", "question_ms", "passage_ms", "here")
_UNITS = {"size": "M", "window": "tokens", "question_ms": "ms", "passage_ms": "ms"}  # what numbers count


class _Setting(NamedTuple):
    name: str
    value: Any
    origin: str
    variable: str


@click.group(cls=Naming)
def config() -> None:
    """Show the current settings.

    Options can be set in newsdex.toml in the working folder, or else in ~/.config/newsdex/newsdex.toml; NEWSDEX_CONFIG names another file.
    Each command has a table with its options by their long names. Flags override environment variables, which override the file.

    \b
    index-dir = "/srv/archive/index"
    [serve]
    port = 8080
    allowed-host = ["news.example.org"]
    """


@config.command()
@click.argument("command", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per setting.")
@click.pass_context
def show(context: click.Context, command: str | None, as_json: bool) -> None:
    """Show what the file and the environment set, or every option of COMMAND. Each is shown with the origin of its value.

    Values of flags are not shown. Unknown keys in the file are an error; unknown NEWSDEX_ variables are reported.
    """
    group = context.find_root().command
    assert isinstance(group, click.Group)
    names = group.list_commands(context)
    if command is not None and command not in names:
        raise UsageError(f"there is no command {command[:100]!r}; all commands: newsdex --help")
    path = configuration.file_in_use()
    found: list[_Setting] = []
    for name in names:
        each = group.get_command(context, name)
        assert each
        found += _settings(each, name, configuration.defaults(each, name, names), path or "")
    known = {setting.variable for setting in found} | set(_OTHERS)
    wanted = [setting for setting in found if command == setting.name.partition(".")[0] or (not command and setting.origin != "default")]
    if not command:
        once: dict[str, _Setting] = {}
        for setting in wanted:  # the folder of the index once, not for each command that takes it
            name = configuration.INDEX_KEY if setting.variable == configuration.INDEX_VARIABLE else setting.name
            once.setdefault(name, setting._replace(name=name))
        wanted = [*once.values(), *(_Setting(name, "(secret)", name, name) for name in _SECRET if os.environ.get(name))]
    if not as_json:
        click.echo(f"file: {shown(path) if path else 'none; searched ' + shown(' and '.join(configuration.places()))}")
    for setting in wanted:
        line = f"{setting.name:<24} {shown(_text(setting.value)):<32} {shown(setting.origin)}".rstrip()
        click.echo(json.dumps(setting._asdict()) if as_json else line)
    for name in sorted(name for name in os.environ if name.startswith("NEWSDEX_") and name not in known):
        click.echo(f"newsdex: no option has the variable {shown(name)}", err=True)


def _settings(command: click.Command, name: str, values: dict[str, Any], path: str) -> Iterator[_Setting]:
    context = click.Context(command, info_name=name, default_map=values)
    for key, option in configuration.settable(command).items():
        value, source = option.consume_value(context, {})
        variable = str(option.envvar)
        if source is ParameterSource.ENVIRONMENT:
            configuration.check(option, value, variable)
        origin = {ParameterSource.ENVIRONMENT: variable, ParameterSource.DEFAULT_MAP: path}.get(source, "default")
        yield _Setting(f"{name}.{key}", value if origin != "default" else option.to_info_dict()["default"], origin, variable)
    for each, below in configuration.commands_of(command).items():
        yield from _settings(below, f"{name}.{each}", values.get(each, {}), path)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@click.command()
@click.option("--measure", is_flag=True, help="Measure the installed models: CPU milliseconds per question and per passage.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per model.")
def models(measure: bool, as_json: bool) -> None:
    """Show installed models and others worth having. It also shows how to use them.

    Size is in millions of parameters, the window in tokens. No hub is contacted: figures for models that are not installed are those of
    docs/MODELS.md, which names the sources.
    """
    if measure:
        use_one_thread()  # waiting threads would count
    from newsdex.engines.catalogue import OFFERS, others

    records = [asdict(offer) | {"here": offer.here, "engine": "newsdex", "get": offer.command} for offer in OFFERS]
    records += [_fetched(name) for name in others()]
    if measure:
        for record in records:
            if record["here"]:
                _measure(record)
    if as_json:
        for record in records:
            click.echo(json.dumps(record))
        return
    _print_models(records)


def _fetched(name: str) -> dict[str, Any]:
    from newsdex.engines.description import NotKnown
    from newsdex.engines.model import open_model

    record: dict[str, Any] = {"name": name, "here": True, "engine": "newsdex"}
    try:
        record["family"] = open_model(name).description.family
    except NotKnown as error:
        record |= {"engine": "sentence-transformers", "why": str(error)}
    except ModelError as error:
        record |= {"engine": "", "why": str(error)}
    return record


def _measure(record: dict[str, Any]) -> None:
    from newsdex.engines.catalogue import measure

    try:
        question, passage = measure(record["name"])
    except ModelError as error:
        record["why"] = str(error)
    else:
        record |= {"question_ms": round(1000 * question, 1), "passage_ms": round(1000 * passage, 1)}


def _print_models(records: list[dict[str, Any]]) -> None:
    used = [column for column in _COLUMNS if any(column in record for record in records)]
    heads = [column.removesuffix("_ms") for column in used]
    rows = [heads, *([_cell(record.get(column, ""), _UNITS.get(column, "")) for column in used] for record in records)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for record in records:
        if "why" in record:
            click.echo(f"newsdex: {shown(record['name'])}: {shown(record['why'])}", err=True)
    click.echo("\nUse one: newsdex rebuild --model NAME, for a new index newsdex index --model NAME. Get one: hf download NAME")


def _cell(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return shown(f"{value} {unit}".rstrip()) if value != "" else ""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL. It completes the commands newsdex and search.

    \b
    eval "$(newsdex completion bash)"     # in ~/.bashrc
    eval "$(newsdex completion zsh)"      # in ~/.zshrc, after compinit
    newsdex completion fish | source      # in ~/.config/fish/config.fish

    Tab then completes commands, options, choices, file names, and the sources and languages of the index. Bash must be 4.4 or later.
    """
    kind = get_completion_class(shell)
    assert kind
    for program in ("newsdex", "search"):
        # Not source(): that starts bash to learn its version.
        script = kind(click.Command(program), {}, program, completion_variable(program))
        click.echo(script.source_template % script.source_vars())


def next_steps(index_dir: Path) -> list[str]:
    """Return the next steps, one per line, for the index in ``index_dir``, or for a missing one. Raises like Snapshot.open."""
    try:
        manifest = snapshot_of(index_dir).manifest
    except IndexMissing:
        return [
            f"There is no index in {shown(str(index_dir))} yet. To start:",
            "  newsdex index PATH...      make an index of files and folders: web pages, PDF, Word, feeds, mail, tables",
            '  search "your question"     search it',
            "  newsdex doctor             check the installation",
            "  newsdex --help             all commands",
        ]
    return [
        f"{shown(str(index_dir))} has {amount(manifest.articles, 'article')} in {amount(manifest.passages, 'passage')}.",
        '  search "your question"     search it',
        "  newsdex index PATH...      add and update articles; newsdex status shows what changed",
        "  newsdex serve              a search page and an HTTP service at http://127.0.0.1:8000",
        "  newsdex --help             all commands",
    ]
