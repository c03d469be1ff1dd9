"""The command line: the table of commands, each loaded when it is called. Standard output is data, standard error is talk. Exit codes: 0
found or done, 1 nothing found, 2 error, 70 a fault of newsdex, 130 interrupted.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from newsdex import configuration
from newsdex.commands.common import Naming
from newsdex.console import leave, run

# The module in newsdex.commands of each command, in the order of the help.
_COMMANDS = {
    "search": "search", "ask-many": "tables", "list": "tables", "get": "read", "similar": "read", "thread": "read", "cite": "read",
    "answer": "answer", "verify-quote": "read", "check": "read", "index": "write", "watch": "write", "fetch": "fetch", "follow": "follow",
    "following": "follow", "unfollow": "follow", "status": "check", "log": "log", "diff": "log", "verify": "check", "delete": "write",
    "mark": "write", "rebuild": "write", "rollback": "write", "compare": "search", "eval": "evaluate", "export": "write", "import": "write",
    "build": "cluster", "push": "cluster", "pull": "cluster", "serve": "serve", "mcp": "serve", "models": "setup", "doctor": "check",
    "config": "setup", "completion": "setup",
}  # fmt: skip
# What other tools call a command.
_ALSO = {
    "add": "index", "ask": "search", "find": "search", "query": "search", "show": "get", "read": "get", "remove": "delete",
    "info": "status", "stats": "status", "history": "log", "retract": "mark", "backup": "export", "restore": "import", "related": "similar",
    "timeline": "thread", "subscribe": "follow", "alert": "follow", "crawl": "fetch",
}  # fmt: skip


class _Commands(Naming):
    """A group that loads a command's module when it is called, for ``search`` shall load nothing that it does not need."""

    also = _ALSO

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        there = vars(import_module(f"newsdex.commands.{_COMMANDS[name]}")).values()
        return next(each for each in there if isinstance(each, click.Command) and each.name == name)

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The same, with the defaults of the file of settings."""
        name, command, rest = super().resolve_command(context, args)
        if name and command and not context.resilient_parsing and not {"-h", "--help"}.intersection(rest):
            context.default_map = {name: _defaults(command, name)}
        return name, command, rest


@click.command(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="newsdex")
@click.pass_context
def newsdex(context: click.Context) -> None:
    """Index an archive of articles and search it in plain language.

    Without a command, newsdex says what to do next.
    """
    if context.invoked_subcommand is None:
        from newsdex.commands.setup import next_steps

        for line in next_steps(Path(configuration.index_place())):
            click.echo(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command ``newsdex``; returns the exit code."""
    return run(newsdex, "newsdex", arguments)


def main_search(arguments: Sequence[str] | None = None) -> int:
    """The command ``search``; returns the exit code."""
    from newsdex.commands.search import search

    return run(search, "search", arguments, lambda: _defaults(search, "search"))


def _defaults(command: click.Command, name: str) -> dict[str, Any]:
    """Those of the file of settings; environment variables that nothing reads are named."""
    found = configuration.defaults(command, name, _COMMANDS)
    if name != "config":  # which names all
        for line in configuration.unknown_variables(command, name):
            click.echo(f"newsdex: {line}", err=True)
    return found


def run_main() -> None:
    """Console script ``newsdex``."""
    leave(main())


def run_search() -> None:
    """Console script ``search``."""
    # One question leaves hardly any cycles, and the process ends: looking for them would be in vain.
    gc.disable()
    leave(main_search())
