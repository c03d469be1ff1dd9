"""The settings in force: ``newsdex config show``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from newsdex import configuration
from newsdex.commands.common import Naming
from newsdex.console import shown
from newsdex.errors import UsageError

# Variables that are no option's; the values of the first four are secret.
_SECRET = ("NEWSDEX_API_KEY", "NEWSDEX_LLM_KEY", "NEWSDEX_EMBEDDINGS_KEY", "NEWSDEX_MILVUS_TOKEN")
_OTHERS = (*_SECRET, configuration.FILE_VARIABLE, configuration.INDEX_VARIABLE, "NEWSDEX_EMBEDDINGS_HOSTS", "NEWSDEX_DEBUG")


class _Setting(NamedTuple):
    name: str
    value: Any
    origin: str
    variable: str


@click.group(cls=Naming)
def config() -> None:
    """Show the settings in force.

    Options can be set in newsdex.toml in the working folder, or else in ~/.config/newsdex/newsdex.toml; NEWSDEX_CONFIG names another file.
    A table has the options of a command by their long names. Flags override environment variables, which override the file.

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
    """Show what the file and the environment set, or every option of COMMAND, each with where its value comes from.

    Values of flags are not shown. Unknown keys of the file are an error; unknown NEWSDEX_ variables are reported.
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
        click.echo(f"file: {shown(path) if path else 'none; looked for ' + shown(' and '.join(configuration.places()))}")
    for setting in wanted:
        if as_json:
            click.echo(json.dumps({"name": setting.name, "value": setting.value, "origin": setting.origin, "variable": setting.variable}))
        else:
            click.echo(f"{setting.name:<24} {shown(_text(setting.value)):<32} {shown(setting.origin)}".rstrip())
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
    if isinstance(command, click.Group):
        for each, below in command.commands.items():
            yield from _settings(below, f"{name}.{each}", values.get(each, {}), path)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return {None: "", True: "true", False: "false"}.get(value, str(value)) if isinstance(value, (bool, type(None))) else str(value)
