"""Looking after an index and an installation: status, verify, doctor."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from newsdex.commands.common import DRIFT, index_dir_option
from newsdex.console import ProgressBar, shown
from newsdex.errors import NewsdexError
from newsdex.output import as_unicode


@click.command()
@click.option("--skipped", is_flag=True, help="List only what could not be indexed, and why, one per line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --skipped, one object per line.")
@index_dir_option
def status(skipped: bool, as_json: bool, index_dir: Path) -> int:
    """Show what the index holds and which files changed since."""
    from newsdex.indexer.upkeep.status import read_skipped, read_status

    if skipped:
        for problem in read_skipped(index_dir):
            if as_json:
                record = {"path": as_unicode(str(problem.path)), "reason": as_unicode(problem.reason), "lost": problem.lost}
                click.echo(json.dumps(record))
            else:
                click.echo(shown(str(problem)))
        return 0
    found = read_status(index_dir)
    if as_json:
        click.echo(json.dumps(found.record(), indent=2))
    else:
        for name, value in found.rows():
            click.echo(f"{name:<13}{shown(value)}")
    return 0


@click.command()
@click.option("--sources/--no-sources", default=True, show_default=True, help="Also compare the source files with what was indexed.")
@click.option("--deep", is_flag=True, help="Embed every passage again, not a sample.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per problem.")
@index_dir_option
def verify(sources: bool, deep: bool, as_json: bool, index_dir: Path) -> int:
    """Check every byte of the index. Changes nothing.

    Prints a line per problem, with the command that mends it. Exit code: 0 no problem, 1 source files have changed since, 2 damage, or
    another version of the model is installed.
    """
    from newsdex.indexer.upkeep.verify import verify as look

    worst = 0
    with ProgressBar() as bar:
        for finding in look(index_dir, sources=sources, deep=deep, on_progress=bar.show):
            worst = max(worst, DRIFT if finding.kind == "drift" else NewsdexError.exit_code)
            if as_json:
                click.echo(json.dumps({name: as_unicode(text) for name, text in asdict(finding).items()}))
            else:
                click.echo(shown(f"{finding.kind}: {finding.what}; {finding.cure}"))
    if not worst:
        click.echo(f"{shown(str(index_dir))} is as it should be.", err=True)
    return worst


def _parsers() -> str:
    from newsdex.indexer.workers.confine import lacking

    return f"confined, but this system has {'; '.join(missing)}" if (missing := lacking()) else "confined"


@click.command()
def doctor() -> int:
    """Check the installation: packages, model, engines, processor. No network is used. Exit code 2 if something must be fixed."""
    from newsdex.doctor import examine

    worst = 0
    for check in examine(("parsers", _parsers)):
        click.echo(f"{check.name:<22}{shown(check.found if check.sound else f'{check.found}. Mend it: {check.cure}')}")
        worst = max(worst, 0 if check.sound else NewsdexError.exit_code)
    return worst
