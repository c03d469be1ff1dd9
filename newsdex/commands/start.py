"""For a person who begins: what to do next, and completion for a shell."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import get_completion_class

from newsdex.commands.common import snapshot_of
from newsdex.console import completion_variable, shown
from newsdex.errors import IndexMissing
from newsdex.values import amount

_PROGRAMS = ("newsdex", "search")


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
    for program in _PROGRAMS:
        # Not source(): that starts bash to learn its version.
        script = kind(click.Command(program), {}, program, completion_variable(program))
        click.echo(script.source_template % script.source_vars())


def next_steps(index_dir: Path) -> list[str]:
    """What to do next, a line each, with the index in ``index_dir`` or without one.

    Raises as Snapshot.open if there is an index that cannot be read.
    """
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
