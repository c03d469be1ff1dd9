"""Write the manual pages of newsdex, made from what --help says.

.venv/bin/python docs/man.py [FOLDER]

A page a command goes to FOLDER, build/man/man1 unless given: newsdex.1, newsdex-index.1, search.1. Read one: man build/man/man1/newsdex.1
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from inspect import cleandoc
from pathlib import Path

import click

from newsdex.cli import newsdex
from newsdex.commands.search import search

_UNWRAPPED = "\b"  # click's mark of a paragraph that keeps its lines


def pages() -> Iterator[tuple[str, str]]:
    """The name of each command, such as newsdex-config-show, and its page."""
    for command, name in ((newsdex, "newsdex"), (search, "search")):
        yield from _pages(command, click.Context(command, info_name=name, help_option_names=["-h", "--help"]))


def _pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    inner = []
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            inner.append((found, click.Context(found, context, info_name=name)))
    yield context.command_path.replace(" ", "-"), _page(command, context, [each for _, each in inner])
    for each in inner:
        yield from _pages(*each)


def _page(command: click.Command, context: click.Context, inner: list[click.Context]) -> str:
    path = context.command_path
    first, *rest = cleandoc(command.help or "").split("\n\n")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH "{_escaped(path.replace(" ", "-")).upper()}" 1 "" "newsdex {version("newsdex")}" "newsdex manual"',
        ".SH NAME",
        f"{_escaped(path.replace(' ', '-'))} \\- {_escaped(' '.join(first.split()).rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_escaped(path)}",
        _escaped(usage),
    ]
    if rest:
        lines += [".SH DESCRIPTION", *(line for part in rest for line in _paragraph(part))]
    records = [
        record for option in command.get_params(context) if isinstance(option, click.Option) and (record := option.get_help_record(context))
    ]
    if records:
        lines.append(".SH OPTIONS")
        for names, text in records:
            lines += [".TP", f".B {_escaped(names)}", _escaped(" ".join(text.split())) or "\\&"]
    if inner:
        lines.append(".SH COMMANDS")
        for each in inner:
            lines += [".TP", f".BR {_escaped(each.command_path.replace(' ', '-'))} (1)", _escaped(each.command.get_short_help_str(1_000))]
    root = context.find_root().info_name
    others = [name for name in ("newsdex", "search") if name != root or path != root]
    return "\n".join([*lines, ".SH SEE ALSO", ", ".join(f"\\fB{name}\\fR(1)" for name in others)]) + "\n"


def _paragraph(text: str) -> Iterator[str]:
    yield ".PP"
    if text.startswith(_UNWRAPPED):
        yield from (".nf", *map(_escaped, text.removeprefix(_UNWRAPPED).strip("\n").split("\n")), ".fi")
    else:
        yield _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    """``text`` as roff prints it: no control line, no escape, hyphens that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return re.sub(r"^([.'])", r"\\&\1", text)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "build" / "man" / "man1"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages():
        (folder / f"{name}.1").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
