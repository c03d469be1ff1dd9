"""Fetching from the web: fetch add, run, list, remove."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import NOTHING_FOUND, FilePath, Naming, checked
from newsdex.console import ProgressBar, shown, tidies_up_at_signal
from newsdex.errors import NewsdexError, UsageError
from newsdex.values import amount

if TYPE_CHECKING:
    from newsdex.fetching import Event, Report
    from newsdex.fetching.state import Overview, Page

_MOST_LINES = 50  # about what failed
_LONGEST_AGENT = 200
_OTHERS = {"vanished": "vanished", "kept": "kept as fetched before", "left": "left for the next run"}
_STATES = ("new", "changed", "unchanged", "variant", "vanished", "kept", "failed", "left")

_folder_option = click.option(
    "--folder",
    type=FilePath(file_okay=False),
    default="fetched",
    show_default=True,
    envvar="NEWSDEX_FETCH_FOLDER",
    show_envvar=True,
    help="Folder for the fetched pages.",
)


@click.group(cls=Naming)
def fetch() -> None:
    """Fetch feeds, sitemaps and pages from the web into a folder. `newsdex index` and `newsdex watch` read it.

    \b
    newsdex fetch add https://example.org/news.rss
    newsdex fetch run
    newsdex index fetched

    No other command fetches: indexing and searching stay offline.
    """


@fetch.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@_folder_option
def add(urls: tuple[str, ...], folder: Path) -> None:
    """Add URL: a feed, a sitemap or a page. A feed is RSS, Atom or JSON Feed; a sitemap can also be a sitemap index.

    Nothing is fetched yet; `newsdex fetch run` detects the kind.
    """
    from newsdex.fetching import add as add_sources

    for url, new in add_sources(folder, urls):
        click.echo(f"{'added' if new else 'already there'}: {shown(url)}")
    click.echo(f"Fetch it: newsdex fetch run{_folder_flag(folder)}", err=True)


def _check_agent(user_agent: str) -> None:
    if not (user_agent.isascii() and user_agent.isprintable() and 0 < len(user_agent.strip()) <= _LONGEST_AGENT):
        raise UsageError(f"--user-agent {user_agent[:50]!r} is not valid: expected 1 to {_LONGEST_AGENT} printable ASCII characters")


@fetch.command()
@_folder_option
@click.option(
    "--rate",
    type=click.FloatRange(0.001, 1_000),
    default=1.0,
    show_default=True,
    metavar="N",
    help="Maximum requests per second to one host.",
)
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(0.1, 3_600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Maximum time for a whole response.",
)
@click.option(
    "--max-size", type=click.FloatRange(0.001, 250), default=20.0, show_default=True, metavar="MB", help="Largest response, uncompressed."
)
@click.option("--limit", "pages", type=click.IntRange(1), default=10_000, show_default=True, metavar="N", help="Maximum pages per run.")
@click.option(
    "--recheck",
    type=click.FloatRange(0, 100_000),
    default=24.0,
    show_default=True,
    metavar="HOURS",
    help="Fetch a page again after this time. The interval grows later.",
)
@click.option(
    "--user-agent",
    type=checked(click.types.StringParamType, _check_agent),
    metavar="TEXT",
    help="Name and address that hosts see.  [default: newsdex/VERSION]",
)
@click.option("--allow-private", is_flag=True, help="Also fetch from private addresses, such as an intranet.")
@click.option("--strict", is_flag=True, help="Exit with 2 if anything failed.")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress and no page counts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per event, and one for the run.")
def run(
    folder: Path, max_size: float, recheck: float, user_agent: str | None, strict: bool, quiet: bool, as_json: bool, **same: Any
) -> int:
    """Fetch new and changed pages.

    robots.txt is obeyed. An interrupted run continues where it stopped. Failures are listed, and retried in later runs. A page that no
    longer exists is marked as gone and kept. If a page shows a paywall, a login or an error instead of its article, the earlier text is
    kept.

    Exit code: 0 done; 1 no sources; 2 error, or every source failed.
    """
    from newsdex.fetching import Settings
    from newsdex.fetching import run as run_all
    from newsdex.indexer.build import Progress

    settings = Settings(size=int(max_size * 1_000_000), recheck=recheck * 3600, agent=user_agent or "", **same)
    failures: Counter[str] = Counter()

    def tell(event: Event) -> None:
        if as_json:
            click.echo(json.dumps(asdict(event)))
        else:
            _print(event, failures)

    with tidies_up_at_signal(), ProgressBar("pages") as bar:
        show = None if quiet else lambda so_far: bar.show(Progress(so_far.asked, so_far.total, so_far.asked))
        report = run_all(folder, settings, tell, show)
    if as_json:
        counts = {state: report.counts[state] for state in _STATES}
        click.echo(json.dumps({"kind": "run", "sources": report.sources, "sources_failed": report.failed, **counts}))
    else:
        if (more := failures.total() - _MOST_LINES) > 0:
            click.echo(f"newsdex: {more:,} more failed. To list all: newsdex fetch list --pages{_folder_flag(folder)}", err=True)
        if report.sources and not quiet:
            click.echo(_summary(report), err=True)
    if not report.sources:
        return _no_sources(folder)
    failed = report.failed == report.sources or (strict and (report.failed or report.counts["failed"]))
    return NewsdexError.exit_code if failed else 0


@fetch.command("list")
@click.option("--pages", is_flag=True, help="List the pages, each with its state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per source or page.")
@_folder_option
def list_(pages: bool, as_json: bool, folder: Path) -> int:
    """List the sources, with their pages and problems.

    Exit code: 0 found, 1 no sources or pages, 2 error.
    """
    from newsdex.fetching import pages_of, sources_of
    from newsdex.fetching.state import record_of

    if pages:
        return _list_pages(pages_of(folder), folder, as_json)
    listed = sources_of(folder)
    for each in listed:
        if as_json:
            numbers = {"articles": each.articles, "gone": each.gone, "kept": each.kept, "pages_failed": each.failed}
            click.echo(json.dumps({**record_of(each.listing), "added": each.source.added, **numbers}))
            continue
        title = f"  {shown(each.listing.title)}" if each.listing.title else ""
        click.echo(f"{shown(each.source.url)}{title}")
        click.echo(f"    {shown(_state(each))}")
    return 0 if listed else _no_sources(folder)


@fetch.command()
@click.argument("url")
@_folder_option
def remove(url: str, folder: Path) -> None:
    """Remove the source URL. Fetched pages are kept, but not fetched again."""
    from newsdex.fetching import remove as remove_source

    click.echo(f"removed: {shown(remove_source(folder, url))}")


@fetch.command()
@click.argument("url")
@_folder_option
def forget(url: str, folder: Path) -> None:
    """Remove the page URL and never fetch it again. Use this for articles that must be erased. Only digests of its addresses are kept.

    `newsdex delete URL --purge` erases it from an index.
    """
    from newsdex.fetching import forget as forget_page

    for name in forget_page(folder, url):
        click.echo(f"removed: {shown(name)}")
    click.echo(f"will not be fetched again: {shown(url)}")


def _no_sources(folder: Path) -> int:
    click.echo(f"There are no sources. Add one: newsdex fetch add URL{_folder_flag(folder)}", err=True)
    return NOTHING_FOUND


def _list_pages(pages: list[Page], folder: Path, as_json: bool) -> int:
    from newsdex.fetching.state import record_of

    for page in pages:
        if as_json:
            click.echo(json.dumps(record_of(page)))
            continue
        if page.gone and page.file:
            state = f"gone since {page.gone}, kept in {page.file}"
        elif page.kept:
            state = f"{page.failed} since {page.kept}, the article stays in {page.file}"
        elif page.failed:
            state = f"failed: {page.failed}"
        else:
            state = f"variant of {page.same_as}" if page.same_as else page.file or "not fetched yet"
        click.echo(f"{shown(page.url)}  {shown(state)}")
    if not pages:
        click.echo(f"There are no pages yet. Fetch them: newsdex fetch run{_folder_flag(folder)}", err=True)
    return 0 if pages else NOTHING_FOUND


def _state(each: Overview) -> str:
    """Return the state of a source, in one line."""
    listing = each.listing
    if not listing.checked:
        return "not fetched yet"
    said = [listing.kind or "unknown kind", amount(each.articles, "article")]
    said += [f"{each.gone:,} of them gone"] if each.gone else []
    said += [f"{each.kept:,} of them kept because the page shows something else"] if each.kept else []
    said += [f"{amount(each.failed, 'page')} failed"] if each.failed else []
    said.append(f"checked at {listing.checked}")
    said += [f"failed: {listing.failed}"] if listing.failed else []
    said += [f"asks for no requests before {listing.until}"] if listing.until else []
    return ", ".join(said)


def _print(event: Event, failures: Counter[str]) -> None:
    title = f"  {shown(event.title)}" if event.title else ""
    if event.kind in ("failed", "left", "note"):
        failures[event.kind] += event.kind == "failed"
        if failures.total() <= _MOST_LINES:
            click.echo(f"newsdex: {shown(event.url)}: {shown(event.reason)}", err=True)
    else:
        reason = f"now {event.reason}; the earlier text is kept" if event.kind == "kept" else event.reason
        why = f" ({shown(reason)})" if reason else ""
        click.echo(f"{event.kind}: {shown(event.url)}{title}{why}")


def _summary(report: Report) -> str:
    failed = "" if not report.failed else " (failed)" if report.sources == 1 else f" ({report.failed:,} of them failed)"
    counts = report.counts
    said = [f"{counts[state]:,} {state}" for state in ("new", "changed", "unchanged")]
    said += [f"{amount(counts['variant'], 'variant')} of others"] if counts["variant"] else []
    said += [f"{counts[state]:,} {word}" for state, word in _OTHERS.items() if counts[state]]
    said += [f"{amount(number, 'page')} failed"] if (number := counts["failed"]) else []
    return f"{amount(report.sources, 'source')}{failed}: {', '.join(said)}"


def _folder_flag(folder: Path) -> str:
    return "" if str(folder) == "fetched" else f" --folder {shown(str(folder))}"
