"""Looking after an index and an installation: status, verify, doctor."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import click

from newsdex.commands.common import DRIFT, index_dir_option
from newsdex.console import ProgressBar, shown, tell
from newsdex.errors import NewsdexError, UsageError, extra
from newsdex.output import as_unicode
from newsdex.values import amount


@click.command()
@click.option("--skipped", is_flag=True, help="List only the files and articles that could not be indexed, and why, one per line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --skipped, one object per line.")
@index_dir_option
def status(skipped: bool, as_json: bool, index_dir: Path) -> None:
    """Show what the index contains and which files changed since."""
    from newsdex.indexer.upkeep.status import read_skipped, read_status

    if skipped:
        problems = read_skipped(index_dir)
        for problem in problems:
            click.echo(json.dumps(problem.record()) if as_json else shown(str(problem)))
        if not problems:
            click.echo("Nothing was skipped.", err=True)
        return
    found = read_status(index_dir)
    if as_json:
        click.echo(json.dumps(found.record(), indent=2))
    else:
        for name, value in found.rows():
            click.echo(f"{name:<13}{shown(value)}")


@click.command()
@click.option("--sources/--no-sources", default=True, show_default=True, help="Also compare the source files with what was indexed.")
@click.option("--deep", is_flag=True, help="Embed every passage again, not a sample.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per problem.")
@index_dir_option
def verify(sources: bool, deep: bool, as_json: bool, index_dir: Path) -> int:
    """Check every byte of the index. Changes nothing.

    Prints one line per problem, with the command that fixes it. Exit code: 0 no problem, 1 source files have changed since, 2 damage, or a
    different version of the model is installed.
    """
    from newsdex.indexer.upkeep.verify import verify as look

    worst = 0
    with ProgressBar() as bar:
        for finding in look(index_dir, sources=sources, deep=deep, on_progress=bar.show):
            worst = max(worst, DRIFT if finding.kind == "drift" else NewsdexError.exit_code)
            record = {name: as_unicode(text) for name, text in asdict(finding).items()}
            click.echo(json.dumps(record) if as_json else shown(f"{finding.kind}: {finding.what}; {finding.cure}"))
    if not worst:
        click.echo(f"{shown(str(index_dir))} has no problems.", err=True)
    return worst


@click.command()
@click.option("--quality", is_flag=True, help="Measure instead how well the index finds its own articles by their titles.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@index_dir_option
def doctor(quality: bool, as_json: bool, index_dir: Path) -> int:
    """Check the installation. It looks at packages, extras, the processor, and the index's model or the default one. No network is used.

    --quality takes 300 articles of the index, the same each time, and indexes them without their titles in a temporary folder. It searches
    for each by its title: by meaning (dense), by keywords (lexical) and by both (hybrid), with passages in full precision and in int8.

    Exit code: 0 no problem, 2 something must be fixed.
    """
    if quality:
        return _quality(index_dir, as_json)
    from newsdex.doctor import examine, extras, look_at
    from newsdex.encoder import DEFAULT_MODEL

    card, told = look_at(index_dir)
    model, checks = card.name if card else DEFAULT_MODEL, []
    for check in chain([told], examine(model, card, index_dir)):
        checks.append(check)
        if not as_json:
            click.echo(f"{check.name:<22}{shown(check.found if check.sound else f'{check.found}. Fix: {check.cure}')}")
    optional = extras()
    sound = all(check.sound for check in checks)
    if as_json:
        rows = [{"check": check.name, "found": check.found, "sound": check.sound, "cure": check.cure} for check in checks]
        click.echo(json.dumps({"sound": sound, "model": model, "checks": rows, "extras": list(map(asdict, optional))}, indent=2))
    else:
        for extra in optional:
            said = "installed: " if extra.installed else f"not installed ({extra.get}): "
            click.echo(f"{f'extra {extra.name}':<22}{said}{extra.brings}")
    return 0 if sound else NewsdexError.exit_code


def _quality(index_dir: Path, as_json: bool) -> int:
    if find_spec("pytrec_eval") is None:
        raise UsageError(f"newsdex doctor --quality needs pytrec-eval-terrier. Install it: {extra('eval')}")
    from newsdex.evaluation.titles import titles_quality

    with ProgressBar() as bar:
        found = titles_quality(index_dir, bar.show)
    tell(*found["remarks"], head="Note: ")
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    click.echo(
        f"{shown(str(index_dir))}: {amount(found['questions'], 'title')} searched in {amount(found['articles'], 'article')} "
        f"({amount(found['passages'], 'passage')}), model {shown(found['model'])}, index precision {found['precision']}\n"
    )
    click.echo(f"{'precision':<11}{'mode':<10}{'nDCG@10':>8}{'recall@1':>10}")
    for row in found["found"]:
        click.echo(f"{row['precision']:<11}{row['mode']:<10}{row['ndcg_10']:>8.3f}{row['recall_1']:>10.3f}")
    return 0
