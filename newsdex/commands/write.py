"""Changing an index: index, rebuild, rollback, delete, mark, export, import."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import (
    NOTHING_FOUND,
    FilePath,
    index_dir_option,
    passage_options,
    precision_option,
    reading_options,
    say_waiting,
    snapshot_of,
    tell_news,
    values_of,
    writing_options,
)
from newsdex.console import ProgressBar, shown, tell, tidies_up_at_signal, use_one_thread
from newsdex.errors import ArticleMissing, IndexDamaged, NewsdexError, UsageError, command
from newsdex.output import as_unicode, versioned
from newsdex.values import amount

if TYPE_CHECKING:  # --help loads this module, and shall load nothing that only a run needs
    from newsdex.indexer.report import Problem, Report
    from newsdex.indexer.upkeep.takedown import Takedown
    from newsdex.store.copies import Place

_SOME = 3  # that are named of many
_NAMES = 10  # of articles whose state changed otherwise than their files
_COPIES = 5  # that are named
_MOST_MOVED = 20  # marks that moved and are named


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FilePath(readable=False), metavar="PATH...")
@click.option(
    "--prune",
    is_flag=True,
    help="Remove articles that are no longer in their files. Articles that may be on an unmounted disk are kept: 10 or more from a missing "
    "or empty folder, or more than half of all articles, unless one removed file contained them all.",
)
@click.option("--prune-all", is_flag=True, help="Also remove the articles that --prune keeps.")
@click.option("--dry-run", is_flag=True, help="Report what would be done without doing it.")
@click.option("--strict", is_flag=True, help="Exit with 2 if anything was skipped.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing, not even progress, if nothing has changed and no problem is new.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option(
    "--model",
    help="Model of a new index: all-MiniLM-L6-v2, multilingual-e5-small, openai:NAME@URL, a sentence-transformers model or its "
    "folder, or hash (for tests).  "
    "[default: the one of the first two that fits the articles]",
)
@reading_options
@passage_options
@precision_option
@click.option(
    "--furniture/--no-furniture",
    default=None,
    help="Exclude lines that many articles of a source repeat from answers. The index keeps this setting.  [default: furniture]",
)
@click.option("--restore", is_flag=True, help="Read every file again and bring back deleted articles, but not purged ones.")
@click.option("--restore-id", "restore_ids", multiple=True, metavar="ID", help="Bring back only the deleted article ID; can be repeated.")
@click.option("--restore-purged", is_flag=True, help="Also bring back purged articles; with --restore-id only those named.")
@click.option(
    "--keep-decisions-of",
    "decisions_of",
    type=FilePath(file_okay=False, exists=True),
    metavar="FOLDER",
    help="For a new index: take over deletions, purges, marks, followed questions and file settings from the index in FOLDER, even if it "
    "is damaged.",
)
@writing_options
def index(
    paths: tuple[Path, ...],
    dry_run: bool,
    strict: bool,
    quiet: bool,
    as_json: bool,
    cutting: dict[str, Any],
    wait: float | None,
    index_dir: Path,
    **same: Any,
) -> int:
    """Index the articles in files and folders. PATH can also be a quoted pattern such as "articles/**/*.html".

    New articles are added and changed ones updated, in one commit. Searches see the previous version until then, and an interrupted run
    changes nothing. The model and the passage size are fixed when the index is made; `newsdex rebuild` changes them.

    Articles are web pages (.html), .pdf, .docx, .odt, .rtf and .epub, feeds and news agencies' items (.rss, .atom, .xml), web archives
    (.warc, .arc), mail (.eml, .mbox), tables (.csv, .tsv, .parquet), .json and .jsonl, subtitles (.srt, .vtt), .md and .txt; any of them
    also as .gz or in a .zip. --ocr reads scans with Tesseract.

    Unreadable files are skipped and listed at the end; `newsdex status --skipped` lists them again.
    """
    use_one_thread("OPENBLAS")  # torch, for other models, keeps its threads
    from newsdex.indexer.build import Options, chunking_for, index_paths, plan

    if dry_run:
        names = ("prune", "wanted", "prune_all", "restore", "restore_ids", "restore_purged", "decisions_of")
        report = plan(paths, index_dir, Options(**{name: same[name] for name in names}))
    else:
        with _tells_interruption(index_dir), ProgressBar("new passages") as bar:
            chunking = chunking_for(index_dir, cutting)
            told: dict[str, Any] = {} if quiet else {"on_wait": say_waiting, "on_progress": bar.show}
            options = Options(chunking=chunking, wait_seconds=wait, **told, **same)
            report = index_paths(paths, index_dir, options)
    new = replace(report, problems=[problem for problem in report.problems if problem not in report.known_problems])
    if not quiet or new.problems or new.missing or new.kept or new.held or new.purged or new.changed:
        if as_json:
            click.echo(versioned(report.record()))
        else:
            _print_report(new if quiet else report, dry_run, _prune_all(paths))
    if unmet := sorted({*same["restore_ids"]}.difference(report.restored, report.purged)):
        tell(f"no deleted article in these files has the id {', '.join(map(repr, unmet))}", head="newsdex: ")
    if not dry_run:
        untold = tell_news(index_dir, err=as_json)
        if not quiet or new.changed:  # else they are those of an earlier run
            tell(*untold, head="newsdex: ")
    return NewsdexError.exit_code if report.missing or report.kept or report.held or (strict and report.skipped) else 0


@contextmanager
def _tells_interruption(index_dir: Path) -> Iterator[None]:
    """At Ctrl-C, print the state of the index."""
    before = _current(index_dir)
    try:
        yield
    except KeyboardInterrupt:
        same = f"{'the index is unchanged' if before else 'no index was made'}; the same command continues"
        click.echo(f"newsdex: interrupted: {same if _current(index_dir) == before else 'the index is up to date'}", err=True)
        raise


def _current(index_dir: Path) -> bytes:
    try:
        return (index_dir / "CURRENT").read_bytes()
    except OSError:
        return b""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FilePath(readable=False), metavar="PATH...")
@click.option("--prune", is_flag=True, help="Remove articles that are no longer in their files, like newsdex index --prune.")
@click.option("--poll", is_flag=True, help="Poll the files. Use this on network file systems, which do not report changes.")
@click.option(
    "--model",
    help="Model of a new index: the default, openai:NAME@URL, a sentence-transformers model on this machine, or hash (for tests).",
)
@reading_options
@passage_options
@precision_option
@writing_options
def watch(paths: tuple[Path, ...], poll: bool, cutting: dict[str, Any], wait: float | None, index_dir: Path, **same: Any) -> None:
    """Index files now and whenever they change. Ctrl-C or SIGTERM ends it.

    Changes at about the same time are one commit. An interrupted run changes nothing.
    """
    use_one_thread("OPENBLAS")
    from newsdex.indexer.build import Options, chunking_for
    from newsdex.indexer.report import Report
    from newsdex.indexer.watch import watch_paths

    tell_wait = say_waiting if wait is None else None  # else each try would tell of its wait, and then fail
    options = Options(chunking=chunking_for(index_dir, cutting), wait_seconds=wait, on_wait=tell_wait, **same)
    told: set[Problem | str] | None = None
    with suppress(KeyboardInterrupt), tidies_up_at_signal():
        for outcome in watch_paths(paths, index_dir, options, poll=poll):
            if isinstance(outcome, Report):
                new = replace(outcome, problems=[problem for problem in outcome.problems if problem not in (told or ())])
                kept = {str(outcome.kept), str(outcome.held), str(outcome.missing)}
                if told is None or new.problems or new.changed or not kept <= told:
                    _print_report(new, False, _prune_all(paths), at=_time())
                untold = tell_news(index_dir)
                tell(*(each for each in untold if each not in (told or ())), head=f"{_time()}newsdex: ")
                told = {*outcome.problems, *kept, *untold}
            elif str(outcome) not in (told or ()):
                tell(str(outcome), head=f"{_time()}newsdex: ")
                told = {str(outcome)}


def _time() -> str:
    """The local time, for the start of lines in a long-running command."""
    return time.strftime("%Y-%m-%d %H:%M:%S ")


@click.command()
@click.option(
    "--model",
    help="Another model: all-MiniLM-L6-v2, multilingual-e5-small, openai:NAME@URL, a sentence-transformers model or its folder, or hash "
    "(for tests).",
)
@passage_options
@precision_option
@writing_options
def rebuild(model: str | None, cutting: dict[str, Any], precision: str | None, wait: float | None, index_dir: Path) -> None:
    """Build the index again, with another model or other passages. Searches use the old index until the new one is complete.

    The old index is kept for `newsdex rollback`. After an interruption, the same command continues.
    """
    from newsdex.indexer.build import Options, chunking_for
    from newsdex.indexer.upkeep.rebuild import rebuild_index

    with ProgressBar() as bar:
        options = Options(model, chunking_for(index_dir, cutting), False, wait, say_waiting, bar.show, precision=precision)
        report = rebuild_index(index_dir, options)
    _print_model(report)
    done = f"{amount(report.added, 'article')}, {amount(report.passages, 'passage')}, {report.embedded:,} embedded"
    click.echo(f"rebuilt {done} in {report.seconds:.1f} s")


@click.command()
@click.option(
    "--to",
    "generation",
    metavar="GENERATION",
    help="Name of the generation, such as g000001; `newsdex log` lists them.  [default: the previous one]",
)
@click.option("--dry-run", is_flag=True, help="Report what would be done without doing it.")
@writing_options
def rollback(generation: str | None, dry_run: bool, wait: float | None, index_dir: Path) -> None:
    """Return to the index as it was before the last rebuild. Nothing is embedded again.

    Each rebuild makes a new generation of the index and keeps the old one. The generation that you leave is also kept; --to returns to it.
    Later additions, changes and prunings are undone. Later deletions, marks and unmarks are kept.

    --to also repairs an index whose file CURRENT is missing or damaged.
    """
    from newsdex.indexer.upkeep.rebuild import plan_rollback, rollback_index

    plan = plan_rollback(index_dir, generation)
    lost = {}
    with suppress(NewsdexError):
        lost = plan.lost()
    manifest = (plan.target if dry_run else rollback_index(index_dir, generation, wait)).manifest
    click.echo(
        f"{'dry run: ' * dry_run}{manifest.generation}, commit {manifest.commit} of {manifest.created}: "
        f"{amount(manifest.articles, 'article')}, model {manifest.model.name}"
    )
    left = plan.left.manifest.generation if plan.left else ""
    if lost:
        undo = f". {_to_undo(f'rollback --to {left}')}" * (not dry_run)
        click.echo(f"Compared with {left}: {_counted(lost)}{undo}")
    if kept := plan.kept():
        click.echo(f"Kept from {left or 'the generation before'}: {_counted(kept)}")
    if not plan.decisions_read:
        tell("the deletions and marks of the generation that you left cannot be read and are lost: repeat them", head="newsdex: ")


def _counted(ids: Mapping[str, Sequence[str]]) -> str:
    """Return the counts of ``ids`` by kind, with the first ids."""
    return ", ".join(f"{what} {len(names):,} ({_some(names)})" for what, names in ids.items())


@click.command("export")
@click.argument("file", type=FilePath(dir_okay=False))
@index_dir_option
def export_(file: Path, index_dir: Path) -> None:
    """Write the index to FILE as a backup or to move it. FILE is a .tar.zst. The same content gives the same bytes.

    An earlier export of the same name is replaced when the new one is complete. Other existing files are never overwritten.
    """
    from newsdex.indexer.upkeep.transfer import export_index

    before = file.exists()
    with tidies_up_at_signal():
        manifest = export_index(index_dir, file)
    size = file.stat().st_size / 1_000_000
    click.echo(
        f"exported {amount(manifest.articles, 'article')}, {amount(manifest.passages, 'passage')} to {shown(str(file))} ({size:,.1f} MB)"
        f"{', replacing an earlier export' if before else ''}"
    )


@click.command("import")
@click.argument("file", type=FilePath(dir_okay=False))
@writing_options
def import_(file: Path, wait: float | None, index_dir: Path) -> None:
    """Make a new index from FILE, which `newsdex export` wrote."""
    from newsdex.indexer.upkeep.transfer import import_index

    manifest = import_index(file, index_dir, wait)
    click.echo(f"imported {amount(manifest.articles, 'article')}, {amount(manifest.passages, 'passage')}")


def _say_waiting(holder: str) -> None:
    """Like say_waiting, for commands that may be urgent."""
    say_waiting(holder)
    click.echo(
        "Until then, searches find the articles as before. If this cannot wait, stop that process with Ctrl-C: this command then "
        "proceeds, and the other one continues later when you run it again. --wait SECONDS limits the wait.",
        err=True,
    )


@click.command()
@click.argument("names", nargs=-1, metavar="[ID]...")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Same as ID without --id; can be repeated.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="All articles with this URL; can be repeated.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="NAME",
    help="All articles of this source; can be repeated.",
    shell_complete=values_of("sources"),
)
@click.option("--dry-run", is_flag=True, help="Report what would be done without doing it.")
@click.option(
    "--purge",
    is_flag=True,
    help="Also erase their text, and the text of articles deleted earlier, from every file. Afterwards, no rollback is possible.",
)
@click.option("--copies", is_flag=True, help="Also remove their copies: other articles with nearly the same text.")
@writing_options
def delete(
    names: tuple[str, ...],
    ids: tuple[str, ...],
    urls: tuple[str, ...],
    sources: tuple[str, ...],
    dry_run: bool,
    purge: bool,
    copies: bool,
    wait: float | None,
    index_dir: Path,
) -> int:
    """Remove articles, in one commit, and print their ids.

    ID is the id of an article, its URL, or the path of its file or the end of it. The file itself stays.

    \b
    newsdex delete 2024-04-26-blinken-beijing-hc.md
    newsdex delete --source "Harbour Courier" --purge

    Exit code 0: removed; 1: nothing matched; 2: error.

    Without --purge, searches no longer find the articles, but their text can stay in files of the index. `newsdex index` leaves the same
    ids out, also when their content changes, and brings them back with --restore.

    With --purge, no file of the index has their text afterwards. Older generations are removed, so a rollback is no longer possible.
    The same ids and texts are not indexed again, under any name, except with `newsdex index --restore-purged`.
    """
    from newsdex.indexer.upkeep.takedown import Selection, files_of, ids_called, other_copies
    from newsdex.indexer.upkeep.takedown import delete as take_down

    selection = Selection(frozenset((*names, *ids)), frozenset(urls), frozenset(sources))
    missing: list[ArticleMissing] = []
    # Only what is no id: that of an article deleted before is still one for --purge.
    looked = take_down(index_dir, selection, purge=purge, dry_run=True)
    for name in looked.unmatched:
        there = ids_called(index_dir, name) if purge else []
        if len(there) > 1:
            raise UsageError(f"{name!r} names {len(there)} articles, deleted ones counted; give the id of one: {', '.join(there[:3])}")
        meant, error = (there[0], None) if there else _named(index_dir, name)
        missing += [error] if error else []
        selection = replace(selection, ids=selection.ids - {name} | {meant})
    unmet = [*map(str, missing), *_unmet(index_dir, looked)]
    before = snapshot_of(index_dir)
    others: Mapping[str, Place] = {}
    with nullcontext() if copies else suppress(IndexDamaged):
        others = other_copies(before, take_down(index_dir, selection, dry_run=True).removed)
    if copies:
        selection, others = replace(selection, ids=selection.ids.union(others)), {}
    found = take_down(index_dir, selection, purge=purge, dry_run=dry_run, wait_seconds=wait, on_wait=_say_waiting)
    sources_of = [] if dry_run else files_of(before, found.removed)
    tell(*unmet, head="newsdex: ")
    for article_id in (*found.removed, *found.erased):
        click.echo(shown(article_id))
    verb = ("would purge" if dry_run else "purged") if purge else ("would remove" if dry_run else "removed")
    counts = [f"{verb} {amount(len(found.removed), 'article')}"] if found.removed or not found.erased else []
    counts += [f"{verb} {amount(len(found.erased), 'article')} deleted or replaced earlier"] if found.erased else []
    counts += [f"{amount(len(unmet), 'name')} matched nothing"] if unmet and found.found else []
    click.echo(f"{'; '.join(counts)}{'' if purge else _undo(sources_of, found.removed)}", err=True)
    if purge and found.found and not dry_run:
        files = f" ({_some([*map(str, sources_of)], _SOME, ' files')})" if sources_of else ""
        tell(
            f"The text may still be in the source{files}, in exports and backups, delivered notices and a folder of newsdex fetch: remove "
            "it there too",
            head="newsdex: ",
        )
    if others:
        titles = {name: before.segments[number].title(row) for name, (number, row) in others.items()}
        rest = f"delete {'--purge ' * purge}--copies {shlex.quote(next(iter(others)))}"
        tell(_copies_left(titles, "still in the index", rest), head="newsdex: ")
    return 0 if found.found else NOTHING_FOUND


def _copies_left(titles: Mapping[str, str], where: str, words: str) -> str:
    """A message on the copies with these ``titles``, by their ids, and the command of these ``words`` that treats them."""
    some = _some([f"{name} ({title:.80})" if title else name for name, title in titles.items()], _COPIES)
    are, them = ("copy is", "it") if len(titles) == 1 else ("copies are", "them")
    return f"{len(titles):,} {are} {where}: {some}. To include {them}: {_command(words)}"


def _undo(files: Sequence[Path], ids: Sequence[str]) -> str:
    """How to bring back the articles ``ids`` of ``files``."""
    if not files:
        return ""
    names = shlex.join(map(str, files)) if len(files) <= _SOME else f"FILE (for each of {len(files):,} files)"
    those = " ".join(f"--restore-id {shlex.quote(article_id)}" for article_id in ids) if len(ids) <= _SOME else "--restore"
    rest = "" if len(ids) <= _SOME else ", which also brings back what was deleted from these files earlier"
    return shown(f". {_to_undo(f'index {names} {those}')}{rest}")


def _to_undo(words: str) -> str:
    """The command as a sentence."""
    return f"To undo: {_command(words)}"


def _command(words: str) -> str:
    """The whole command, with the folder of the index if this one was called with it."""
    context = click.get_current_context()
    given = context.get_parameter_source("index_dir") is click.core.ParameterSource.COMMANDLINE
    return command(words, context.params["index_dir"] if given else "")


def _unmet(index_dir: Path, looked: Takedown) -> Iterator[str]:
    """A message for each url and source that no article has, with the nearest source that one has."""
    from newsdex.search.lookups.lookup import overview
    from newsdex.search.question.filters import nearest

    for url in looked.unmatched_urls:
        yield f"no article has the URL {url!r:.500}"
    known = overview(snapshot_of(index_dir)).sources if looked.unmatched_sources else ()
    for source in looked.unmatched_sources:
        yield f"no article has the source {source!r:.500}{nearest(source, known)}"


@click.command()
@click.argument("article", metavar="ID")
@click.option("--retracted", metavar="REASON", help="Mark the article as retracted, with the reason.")
@click.option(
    "--corrected-by",
    metavar="ID",
    help="Mark the article as corrected by another article, given by its id, its URL or an address elsewhere.",
)
@click.option("--unmark", is_flag=True, help="Remove the mark set by `newsdex mark`. A mark in the source itself stays.")
@click.option("--copies", is_flag=True, help="Also mark its copies: other articles with nearly the same text.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@writing_options
def mark(article: str, corrected_by: str | None, as_json: bool, wait: float | None, index_dir: Path, **same: Any) -> int:
    """Mark the article ID as retracted or corrected. Its source file is not changed.

    ID is the id of an article, its URL, or the path of its file.

    \b
    newsdex mark ID --retracted "The figures were wrong"
    newsdex mark ID --corrected-by 2024-04-27-ferry-corrected.md
    newsdex mark ID --unmark

    Search results show the mark as if the source had it. Later runs of `newsdex index`, rebuilds and exports keep it.

    Exit code: 0 marked or unmarked, or nothing to change; 1 no such article; 2 error.
    """
    from newsdex.indexer.upkeep.marking import mark_article

    article_id, missing = _named(index_dir, article)
    if corrected_by and not corrected_by.startswith(("https://", "http://")):
        corrected_by, _ = _named(index_dir, corrected_by)
    same["corrected_by"] = corrected_by
    found = mark_article(index_dir, article_id, wait_seconds=wait, on_wait=_say_waiting, **same)
    if found is None:
        tell(str(missing), head="newsdex: ")
        return NOTHING_FOUND
    fields = found.mark.fields if found.mark else {}
    if as_json:
        told = {name: as_unicode(fields[name]) if name in fields else None for name in ("retracted", "corrected_by")}
        copies = {"copies": [*map(as_unicode, found.copies)], "other_copies": [*map(as_unicode, found.others)]}
        click.echo(json.dumps({"article_id": as_unicode(found.article_id), **told, "changed": found.changed, **copies}))
        return 0
    said = "; ".join(f"{name.replace('_', ' ')}: {shown(value)}" for name, value in fields.items()) or (
        "mark removed" if found.changed else "has no mark"
    )
    for name in (found.article_id, *found.copies):
        click.echo(f"{shown(name)}: {said}{'' if found.changed or not fields else ' (unchanged)'}")
    if found.others:
        given = (f"--{name.replace('_', '-')} {shlex.quote(value)}" for name in ("retracted", "corrected_by") if (value := same[name]))
        what = "--unmark" if same["unmark"] else " ".join(given)
        where = "still marked" if same["unmark"] else "not marked"
        rest = f"mark --copies {shlex.quote(found.article_id)} {what}"
        tell(_copies_left(found.others, where, rest), head="newsdex: ")
    return 0


def _named(index_dir: Path, name: str) -> tuple[str, ArticleMissing | None]:
    """The id that ``name`` means; else ``name``, which a mark may have, and the error. Raises UsageError if several are meant."""
    from newsdex.search.lookups.lookup import find_place

    snapshot = snapshot_of(index_dir)
    try:
        place = find_place(snapshot, name)
    except ArticleMissing as error:
        return name, error
    return snapshot.segments[place.segment].article_id(place.row), None


def _prune_all(paths: Sequence[Path]) -> str:
    """The command that removes what --prune keeps."""
    return _command(f"index {shlex.join(map(str, paths))} --prune-all")


def _print_report(report: Report, dry_run: bool, prune_all: str, at: str = "") -> None:
    """Print a report, each line after ``at``, as of a command that goes on."""
    from newsdex.indexer.discover import absent
    from newsdex.indexer.report import problem_lines

    tell(*(absent([path]) for path in report.missing if path not in report.kept), head=f"{at}newsdex: ")
    for folder, count in report.kept.items():
        kept = "its article is kept" if count == 1 else f"its {count:,} articles are kept"
        tell(f"{folder} is missing or empty, like a disk that is not mounted: {kept}. To remove them: {prune_all}", head=f"{at}newsdex: ")
    if report.held:
        many = f"{report.held:,} articles are no longer in their files, more than half of the index: none of them is removed"
        tell(f"{many}. To remove them: {prune_all}", head=f"{at}newsdex: ")
    lines = list(problem_lines(report.problems))
    tell(*lines, head=at)
    if len(lines) < len(report.problems) and not dry_run:
        tell(f"Each one: {_command('status --skipped')}", head=at)
    if report.has_duplicates:
        tell(
            "of several articles with one id, only the first was indexed. Give each its own id, or choose another field: --columns id=NAME",
            head=f"{at}newsdex: ",
        )
    _print_ids(report, at)
    _print_model(report, at)
    if unmet := report.unmet_corrections:
        some = _some([f"{name} corrects {value!r:.80}" for name, value in unmet.items()], _SOME, " like it")
        tell(f"{some}, but no article has that id or URL. Give the whole id, as shown by newsdex list", head=f"{at}newsdex: ")
    tell(*_mark_lines(report), head=f"{at}newsdex: ")
    click.echo(f"{at}{shown(summary(report, dry_run))}")


def _mark_lines(report: Report) -> Iterator[str]:
    """What became of marks whose articles have moved or gone."""
    for number, (article_id, old) in enumerate(report.marks.items()):
        if number == _MOST_MOVED:
            yield f"{len(report.marks) - number:,} more articles took over a mark (newsdex log)"
            break
        yield f"{article_id} is marked again: its story has returned" if article_id == old else f"{article_id} took over the mark of {old}"
    for article_id, mark in report.marks_apart.items():
        said = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in mark.fields.items())
        title = f" ({mark.story.title!r:.80})" if mark.story and mark.story.title else ""
        yield (
            f"{article_id}{title}: the marked story is no longer there ({said}). Its mark is kept until the story returns. If it has "
            f"changed or moved, mark it again: {_command('mark ID')}"
        )
    for article_id, old in report.marks_unlinked.items():
        again = _command(f"mark {shlex.quote(article_id)}")
        yield f"{article_id} is no longer marked as corrected by {old}, which is no longer there. Mark it again: {again}"
    for article_id in report.marks_doubtful:
        undo = _command(f"mark {shlex.quote(article_id)} --unmark")
        yield f"{article_id} keeps its mark because of its id, but its title and text have changed. If it is another story: {undo}"


def _print_ids(report: Report, at: str) -> None:
    """Tell which articles have other ids, came back, or did not."""
    if report.decisions:
        tell(f"taken over: {report.decisions}", head=f"{at}newsdex: ")
    if report.renamed:
        (new, old), count = next(iter(report.renamed.items())), amount(len(report.renamed), "article")
        tell(
            f"{count} of the imported index have new ids from their file paths here, such as {new} (before: {old}). To keep the ids, "
            "import into a folder whose parent has the files at the same paths as before",
            head=f"{at}newsdex: ",
        )
    if report.restored:
        tell(f"brought back: {_some(report.restored)}", head=f"{at}newsdex: ")
    if report.purged:
        tell(f"purged, and not brought back: {_some(report.purged)}. To bring them back: --restore-purged", head=f"{at}newsdex: ")


def _some(names: Sequence[str], most: int = _NAMES, what: str = "") -> str:
    """The first of ``names``, and how many more there are of ``what``."""
    more = f" and {len(names) - most:,} more{what}" if len(names) > most else ""
    return shown(", ".join(names[:most])) + more


def _print_model(report: Report, at: str = "") -> None:
    """Tell which model a new index took, and which articles the model does not support, each with a command that is right here."""
    told = [report.choice] if report.choice else []
    if report.unspoken:
        from newsdex.indexer.language import remark

        told.append(remark(report.unspoken, report.model, command("rebuild", click.get_current_context().params["index_dir"])))
    tell(*told, head=f"{at}newsdex: ")


def summary(report: Report, dry_run: bool) -> str:
    """The line that ends an indexing run."""
    dry = "dry run: " if dry_run else ""
    counts = [f"{what} {getattr(report, what)}" for what in ("added", "updated", "unchanged", "removed", "skipped")]
    line = f"{dry}{', '.join(counts)} in {report.seconds:.1f} s"
    if report.vanished:
        how = "kept" if report.kept or report.held else "--prune removes them"
        line += f"; {report.vanished} no longer in their files ({how})"
    if report.withheld:
        line += f"; {report.withheld} not indexed because deleted or purged before"
    if report.emptied:
        files, what = ("1 unchanged file has", "it") if report.emptied == 1 else (f"{report.emptied} unchanged files have", "them")
        line += f"; {files} no article in the index, for example after a deletion (--restore brings {what} back)"
    if report.other_formats:
        from newsdex.indexer.discover import counts_in_words

        line += f"; other files: {counts_in_words(report.other_formats)}"
    return line
