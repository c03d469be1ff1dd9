"""The command line: parse, call, print, exit code; nothing else.

Standard output is data, standard error is talk. Exit codes: 0 found or done, 1 nothing found, 2 error, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsdex.console import ProgressBar, can_link, leave, run, shown, use_one_thread, wants_color
from newsdex.errors import NewsdexError, UsageError

if TYPE_CHECKING:
    from newsdex.indexer.report import Report

NOTHING_FOUND = 1
DRIFT = 1

_index_dir = click.option(
    "--index-dir",
    type=click.Path(path_type=Path),
    default="index_data",
    show_default=True,
    envvar="NEWSDEX_INDEX_DIR",
    show_envvar=True,
    help="Folder of the index.",
)


def _passages(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say how articles are cut."""
    for option in (
        click.option("--title/--no-title", default=None, help="Put the title before each passage when it is embedded.  [default: title]"),
        click.option("--overlap", type=int, metavar="N", help="Sentences that a passage shares with the one before.  [default: 0]"),
        click.option("--max-tokens", type=int, metavar="N", help="Largest passage, in tokens.  [default: 128]"),
    ):
        command = option(command)
    return command


_wait = click.option("--wait", type=float, metavar="SECONDS", help="How long to wait for another writer.  [default: until it is done]")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="newsdex")
def newsdex() -> None:
    """Index an archive of articles and ask it questions in plain language."""


@newsdex.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("question", nargs=-1, required=True)
@click.option("-n", "--limit", type=int, default=5, show_default=True, help="Passages to show.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True, help="Form of the answer."
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal without NO_COLOR.",
)
@_index_dir
def search(question: Sequence[str], limit: int, form: str, color: str, index_dir: Path) -> int:
    r"""Answer QUESTION with ranked passages. A QUESTION of - is read from standard input.

    \b
    search "China support for Russia"
    search -n 10 --json who won the election in Senegal
    """
    use_one_thread()
    from newsdex.search.index import Index

    asked = _standard_input() if question == ("-",) else _utf8(" ".join(question))
    with Index.open(index_dir) as index:
        hits = index.search(asked, limit=limit)
    if form == "text":
        from newsdex.terminal import Style, hit_lines

        style = Style.of_terminal(color=wants_color(color), links=color != "never" and can_link())
        for line in hit_lines(hits, style):
            click.echo(line, color=True)
        if not hits:
            click.echo(f"Nothing found: {shown(str(index_dir))} holds no passages.", err=True)
    else:
        from newsdex.output import json_lines, json_object

        for line in [json_object(asked, hits)] if form == "json" else json_lines(hits):
            click.echo(line)
    return 0 if hits else NOTHING_FOUND


@newsdex.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="PATH...")
@click.option(
    "--prune", is_flag=True, help="Remove articles that are no longer in their files; a folder that is missing as a whole is kept."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--model", help="Model of a new index: the default, a sentence-transformers model on this machine, or hash (for tests).")
@_passages
@_wait
@_index_dir
def index(
    paths: tuple[Path, ...],
    prune: bool,
    dry_run: bool,
    model: str | None,
    max_tokens: int | None,
    overlap: int | None,
    title: bool | None,
    wait: float | None,
    index_dir: Path,
) -> int:
    """Bring the index up to date with the articles in PATH... (files and folders).

    New articles are added and changed ones updated, in one commit: readers see the version before until then, and an interrupted
    run leaves it as it is. Model and passages of an index are chosen when it is made; `newsdex rebuild` changes them.
    """
    from newsdex.indexer.build import Options, chunking_for, index_paths, plan

    if dry_run:
        report = plan(paths, index_dir, prune)
    else:
        with ProgressBar() as bar:
            options = Options(model, chunking_for(index_dir, max_tokens, overlap, title), prune, wait, _say_waiting, bar.show)
            report = index_paths(paths, index_dir, options)
    _print_report(report, dry_run)
    return NewsdexError.exit_code if report.missing else 0


@newsdex.command()
@click.option("--model", help="Another model: a sentence-transformers model on this machine, or hash (for tests).")
@_passages
@_wait
@_index_dir
def rebuild(model: str | None, max_tokens: int | None, overlap: int | None, title: bool | None, wait: float | None, index_dir: Path) -> int:
    """Build the index anew, with another model or other passages, beside the one that goes on answering until the switch.

    The old generation stays for `newsdex rollback`. An interrupted rebuild goes on where it was.
    """
    from newsdex.indexer.build import Options, chunking_for
    from newsdex.indexer.rebuild import rebuild as build

    with ProgressBar() as bar:
        options = Options(model, chunking_for(index_dir, max_tokens, overlap, title), False, wait, _say_waiting, bar.show)
        report = build(index_dir, options)
    click.echo(f"rebuilt {report.added} articles, {report.passages} passages, {report.embedded} embedded in {report.seconds:.1f} s")
    return 0


@newsdex.command()
@click.option("--to", "generation", metavar="GENERATION", help="A generation by its name.  [default: the one before]")
@_wait
@_index_dir
def rollback(generation: str | None, wait: float | None, index_dir: Path) -> int:
    """Return to the generation before the last rebuild. The one that is left is kept: --to goes back to it."""
    from newsdex.indexer.rebuild import rollback as back

    manifest = back(index_dir, generation, wait).manifest
    click.echo(
        f"{manifest.generation}, commit {manifest.commit} of {manifest.created}: {manifest.articles} articles, model {manifest.model.name}"
    )
    return 0


@newsdex.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_index_dir
def export_(file: Path, index_dir: Path) -> int:
    """Write the index to FILE (a .tar.zst), to back it up or to move it. The same content gives the same bytes."""
    from newsdex.indexer.transfer import export_index

    manifest = export_index(index_dir, file)
    click.echo(f"exported {manifest.articles} articles, {manifest.passages} passages")
    return 0


@newsdex.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_wait
@_index_dir
def import_(file: Path, wait: float | None, index_dir: Path) -> int:
    """Make an index of FILE, which `newsdex export` wrote, where there is none yet."""
    from newsdex.indexer.transfer import import_index

    manifest = import_index(file, index_dir, wait)
    click.echo(f"imported {manifest.articles} articles, {manifest.passages} passages")
    return 0


@newsdex.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--generations", metavar="A,B", required=True, help="Two generations by their names, such as g000001,g000002.")
@click.option("-n", "--limit", type=int, default=10, show_default=True, help="Passages of each to compare.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object an article.")
@_index_dir
def compare(question: Sequence[str], generations: str, limit: int, as_json: bool, index_dir: Path) -> int:
    """Ask two generations the same QUESTION, before or after `newsdex rebuild`: the best rank of each article in either."""
    from newsdex.search.compare import compare as ask_both
    from newsdex.search.index import Index

    names = generations.split(",")
    if len(names) != 2:  # noqa: PLR2004 - two are compared
        raise UsageError(f"--generations {generations}: expected two names, such as g000001,g000002")
    first, second = (Index.open_generation(index_dir, name) for name in names)
    rows = ask_both(_utf8(" ".join(question)), first, second, limit=limit)
    if as_json:
        import json
        from dataclasses import asdict

        from newsdex.output import as_unicode

        for row in rows:
            click.echo(json.dumps({**asdict(row), "article_id": as_unicode(row.article_id), "title": as_unicode(row.title)}))
    else:
        click.echo(f"{names[0]:<9}{names[1]:<9}")
        for row in rows:
            click.echo(f"{row.first or '-':<9}{row.second or '-':<9}{shown(row.title or row.article_id)}")
    return 0 if rows else NOTHING_FOUND


@newsdex.command()
@click.option("--id", "ids", multiple=True, metavar="ID", help="Articles of this id; may be given several times, as the next two.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Articles of this address.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Articles of this outlet.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--purge", is_flag=True, help="Leave nothing of them, nor of any article deleted before, in any file; there is no rollback.")
@_wait
@_index_dir
def delete(
    ids: tuple[str, ...],
    urls: tuple[str, ...],
    sources: tuple[str, ...],
    dry_run: bool,
    purge: bool,
    wait: float | None,
    index_dir: Path,
) -> int:
    """Remove articles by their id, URL or source, in one commit; their ids go to standard output.

    Exit code 0: removed; 1: nothing matched; 2: error. Remove the source file, or the record in it, as well: an unchanged file does
    not bring its article back, but a changed one does, and so does `newsdex rollback`.

    Without --purge no search finds the articles any more, but their text lies in the index until segments are merged. With --purge it is
    gone from every file when the command is done. Older generations are removed altogether: no rollback is possible afterwards. An article whose
    id is the path of its file is forgotten with that path, and indexing the path again brings it back.
    """
    from newsdex.indexer.takedown import Selection
    from newsdex.indexer.takedown import delete as take_down

    selection = Selection(frozenset(ids), frozenset(urls), frozenset(sources))
    found = take_down(index_dir, selection, purge=purge, dry_run=dry_run, wait_seconds=wait, on_wait=_say_waiting)
    for article_id in found.unmatched:
        click.echo(f"newsdex: no article has the id {shown(article_id)}", err=True)
    for article_id in (*found.removed, *found.erased):
        click.echo(shown(article_id))
    would = "would be " if dry_run else ""
    erased = f", remains erased {len(found.erased)}" if purge else ""
    click.echo(f"{would}removed {len(found.removed)}{erased}", err=True)
    return 0 if found.found else NOTHING_FOUND


@newsdex.command()
@click.option("--json", "as_json", is_flag=True, help="The same as a JSON object.")
@_index_dir
def status(as_json: bool, index_dir: Path) -> int:
    """Show what the index holds, and what has changed on disk since."""
    from newsdex.indexer.status import read_status

    found = read_status(index_dir)
    if as_json:
        import json

        click.echo(json.dumps(found.record(), indent=2))
    else:
        for name, value in found.rows():
            click.echo(f"{name:<13}{shown(value)}")
    return 0


@newsdex.command()
@click.option("--sources/--no-sources", default=True, show_default=True, help="Also compare the source files with what was indexed.")
@click.option("--deep", is_flag=True, help="Embed every passage again, not a sample.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a problem.")
@_index_dir
def verify(sources: bool, deep: bool, as_json: bool, index_dir: Path) -> int:
    """Check every byte of the index; nothing is changed.

    Exit code 0: all is well; 1: source files have changed since; 2: damage. One line a problem, with the command that mends it.
    """
    from newsdex.indexer.verify import verify as look

    worst = 0
    for finding in look(index_dir, sources=sources, deep=deep):
        worst = max(worst, NewsdexError.exit_code if finding.kind == "damage" else DRIFT)
        if as_json:
            import json
            from dataclasses import asdict

            from newsdex.output import as_unicode

            click.echo(json.dumps({name: as_unicode(text) for name, text in asdict(finding).items()}))
        else:
            click.echo(shown(f"{finding.kind}: {finding.what}; {finding.cure}"))
    if not worst:
        click.echo(f"{shown(str(index_dir))} is as it should be.", err=True)
    return worst


@newsdex.command()
def doctor() -> int:
    """Check the installation: packages, model, engines, processor. No network is used; exit code 2 if something has to be mended."""
    from newsdex.doctor import examine

    worst = 0
    for check in examine():
        click.echo(f"{check.name:<22}{shown(check.found if check.sound else f'{check.found}. Mend it: {check.cure}')}")
        worst = max(worst, 0 if check.sound else NewsdexError.exit_code)
    return worst


def main(arguments: Sequence[str] | None = None) -> int:
    """The command ``newsdex``; returns the exit code."""
    return run(newsdex, "newsdex", arguments)


def main_search(arguments: Sequence[str] | None = None) -> int:
    """The command ``search``; returns the exit code."""
    return run(search, "search", arguments)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"the question on standard input is not UTF-8 (byte {error.start})") from error


def _utf8(question: str) -> str:
    try:
        question.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"the question is not UTF-8 (character {error.start + 1})") from error
    return question


def _say_waiting(holder: str) -> None:
    click.echo(f"Waiting for {shown(holder)} to finish writing.", err=True)


def _print_report(report: Report, dry_run: bool) -> None:
    for path in report.missing:
        click.echo(f"newsdex: no such file or folder: {shown(str(path))}", err=True)
    for problem in report.problems:
        click.echo(f"{shown(str(problem.path))}: {shown(problem.reason)}", err=True)
    click.echo(shown(summary(report, dry_run)))


def summary(report: Report, dry_run: bool) -> str:
    """The line that ends an indexing run."""
    would = "would be " if dry_run else ""
    parts = [
        f"{would}added {report.added}",
        f"updated {report.updated}",
        f"unchanged {report.unchanged}",
        f"removed {report.removed}",
        f"skipped {len(report.problems)}",
    ]
    line = f"{', '.join(parts)} in {report.seconds:.1f} s"
    if report.vanished:
        line += f"; {report.vanished} no longer in their files (--prune removes them)"
    if report.other_formats:
        from newsdex.indexer.discover import lines_of

        line += f"; other files: {', '.join(lines_of(report.other_formats))}"
    return line


def run_main() -> None:
    """Console script ``newsdex``."""
    leave(main())


def run_search() -> None:
    """Console script ``search``."""
    leave(main_search())
