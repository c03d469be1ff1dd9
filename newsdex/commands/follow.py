"""Standing questions: follow, following, unfollow, and the notices that ``index`` prints."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import NOTHING_FOUND, FilePath, followed_option
from newsdex.commands.search import Asking, asked_of, search_options
from newsdex.console import print_styled, shown, tell
from newsdex.output import plain
from newsdex.values import amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsdex.records import Hit
    from newsdex.store.following import Standing

_PLACES = ("jsonl", "feed", "webhook", "secret", "command")  # where notices go, and the key for one of them
_FILTERS = ("since", "until", "on", "where", "mode", "min_score", "literal", "read_dates")


@click.command(cls=Asking, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("question", nargs=-1, required=True)
@click.option("--name", default="", metavar="NAME", help="Name of the question.  [default: its first words]")
@search_options(_FILTERS)
@click.option("--jsonl", type=FilePath(dir_okay=False, readable=False), metavar="FILE", help="Append one JSON object per notice to FILE.")
@click.option(
    "--feed", type=FilePath(dir_okay=False, readable=False), metavar="FILE", help="Keep the newest 100 notices in FILE, an Atom feed."
)
@click.option("--webhook", metavar="URL", help="Send each notice to URL as signed JSON.")
@click.option(
    "--secret-file", "secret", type=FilePath(dir_okay=False), metavar="FILE", help="File with the key that signs webhook requests."
)
@click.option(
    "--command", metavar="COMMAND", help='Run COMMAND with the notices on its standard input, e.g. "mail -s news desk@example.org".'
)
@click.option(
    "--test",
    is_flag=True,
    help="Show which articles of the last 30 days before the newest one would have been reported (of all articles if none has a date). "
    "Does not follow the question.",
)
@followed_option
def follow(question: tuple[str, ...], name: str, test: bool, index_dir: Path, **filters: Any) -> int:
    """Report each new article on QUESTION once.

    \b
    newsdex follow "China support for Russia" --name china-russia
    newsdex follow ferry strike --since 30d --jsonl news.jsonl --feed news.atom
    newsdex follow "China support for Russia" --test

    Every `newsdex index` and `newsdex watch` compares new and changed passages with the question. It reports on standard output, or where
    an option says. Articles already in the index are not reported. QUESTION can have the operators of `search`.

    Exit code: 0 followed or, with --test, found; 1 nothing found; 2 error.
    """
    from newsdex.following import follow as begin
    from newsdex.following import remarks_on

    asked = asked_of(question)
    places = {place: filters.pop(place) for place in _PLACES}
    if test:
        from newsdex.following.questions import preview_with_misses
        from newsdex.terminal import hit_lines

        found, missed = preview_with_misses(index_dir, asked, **filters)
        print_styled(hit_lines, found.hits, "never")
        since = back = ""
        if found.period and filters["since"] is filters["until"] is filters["on"] is None:
            first = found.period.since or date.min
            since, back = f" published since {first}", f" Look further back: --since {first.year}"
        click.echo(f"{amount(len(found), 'article')}{since} would have been reported.{back}", err=True)
        tell(*found.remarks)
        _print_misses(missed)
        return 0 if found else NOTHING_FOUND
    standing = begin(index_dir, asked, name=name, **places, **filters)
    tell(*remarks_on(index_dir, standing), head="newsdex: ")
    click.echo(f"following {standing.name}: new articles are reported {_where(standing)}")
    return 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per question.")
@followed_option
def following(as_json: bool, index_dir: Path) -> int:
    """List the followed questions. Each is shown with its filters, where it is reported, and how many notices are waiting.

    Exit code: 0 found, 1 no question is followed, 2 error.
    """
    from newsdex.following.delivery import waiting_of
    from newsdex.milvus.place import followed_at
    from newsdex.store.following import read_state
    from newsdex.store.manifest import read_pointer

    read_pointer(followed_at(index_dir))  # else there is no index, and not merely no question
    state = read_state(index_dir)
    for standing in state.questions:
        waiting = sum(notice.uid == standing.uid and bool(notice.waits) for notice in state.notices)
        if as_json:
            told = {name: value for name, value in asdict(standing).items() if name != "uid"}
            click.echo(json.dumps(plain(told) | {"waiting": waiting}))
            continue
        click.echo(f"{standing.name}: {shown(standing.question)}")
        given = [
            f"{name.replace('_', '-')} {value}"
            for name in ("since", "until", "on", "min_score")
            if (value := getattr(standing, name)) is not None
        ]
        given += [f"{name} {value}" for name in ("source", "lang", "where", "path") for value in getattr(standing, name)]
        if given:
            click.echo(f"    only {shown(', '.join(given))}")
        click.echo(f"    since {standing.made}, reported {_where(standing)}{f'; {waiting_of(waiting)}' if waiting else ''}")
    if not state.questions:
        click.echo('No question is followed. Follow one: newsdex follow "China support for Russia"', err=True)
    return 0 if state.questions else NOTHING_FOUND


@click.command()
@click.argument("name")
@followed_option
def unfollow(name: str, index_dir: Path) -> None:
    """Stop following the question NAME. Waiting notices are dropped."""
    from newsdex.following import unfollow as end

    click.echo(f"no longer following {shown(end(index_dir, name).name)}")


def _print_misses(missed: Sequence[Hit]) -> None:
    """Print the articles just below the reporting threshold, and the option that would report them."""
    from newsdex.records import flagged

    if missed:
        click.echo("Near misses, by their scores:", err=True)
        for hit in missed:
            click.echo(f"    {hit.score:.2f}  {shown(flagged(hit.article.title or hit.article.id, hit.article))}", err=True)
        least = int(100 * min(hit.score for hit in missed)) / 100
        click.echo(f"To report these too: --min-score {least:.2f}", err=True)


def _where(standing: Standing) -> str:
    places = [f"in {standing.jsonl}"] if standing.jsonl else []
    places += [f"in the feed {standing.feed}"] if standing.feed else []
    places += [f"to {standing.webhook}"] if standing.webhook else []
    places += [f"to the command {shlex.join(standing.command)}"] if standing.command else []
    places += ["to the server's clients"] if standing.kept else []
    return shown(" and ".join(filter(None, [", ".join(places[:-1]), places[-1]]))) if places else "on the standard output of newsdex index"
