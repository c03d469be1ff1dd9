"""What goes with an article: similar, thread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from newsdex.commands.common import NOTHING_FOUND, color_option, index_place_option
from newsdex.commands.search import arguments_of, search_options
from newsdex.console import can_link, shown, use_one_thread, wants_color
from newsdex.search.options import OF_ARTICLES

_SCHEMA_VERSION = 1
# Of a lower probability that both are of one story, an article has nothing in common with the other that a reader would see.
_UNLIKE = 0.05


@click.command()
@click.argument("name", metavar="ID")
@search_options(OF_ARTICLES)
@click.option("--json", "as_json", is_flag=True, help="Print the articles as JSON.")
@color_option
@index_place_option
def similar(name: str, as_json: bool, color: str, index_dir: Path, **options: Any) -> int:
    """Show the articles most similar to the article ID, each with the passage that is most similar.

    ID is the id of an article, its URL, or the path of its file. The article itself and its copies are left out. The score is the
    probability that both are about the same story.

    \b
    newsdex similar 2024-04-26-blinken-beijing-hc.md
    newsdex similar 2024-04-26-blinken-beijing-hc.md --lang de --since 2024-04

    Exit code 0: found; 1: nothing; 2: error.
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.search.index import Index

    with Index.open(index_dir) as index:
        article_id = index.article(name).id
        results = index.similar(article_id, **arguments_of(**options))
    hits = results.hits
    if as_json:
        from newsdex.output import similar_record

        click.echo(json.dumps({"schema_version": _SCHEMA_VERSION, **similar_record(results, article_id)}, indent=2))
    else:
        from newsdex.terminal import Style, hit_lines

        hits = tuple(hit for hit in hits if hit.score >= _UNLIKE)
        for line in hit_lines(hits, Style.of_terminal(color=wants_color(color), links=color != "never" and can_link())):
            click.echo(line, color=True)
    if not hits:
        click.echo(" ".join(["No similar article was found.", *map(shown, results.remarks)]), err=True)
    return 0 if hits else NOTHING_FOUND


@click.command()
@click.argument("name", metavar="ID")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True, help="Reports to show.")
@click.option("--json", "as_json", is_flag=True, help="Print the thread as JSON.")
@color_option
@index_place_option
def thread(name: str, limit: int, as_json: bool, color: str, index_dir: Path) -> int:
    """Show the reports of the event that the article ID is about, and of its sequels, oldest first, each with what it adds.

    ID is the id of an article, its URL, or the path of its file; a star marks it.

    \b
    newsdex thread 2024-03-19-ellerby-ferry-strike-hc.md

    Exit code 0: found; 1: the article has no thread; 2: error.
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.search.index import Index

    with Index.open(index_dir) as index:
        found = index.thread(name, limit=limit)
    alone = len(found.reports) == 1
    if as_json:
        from newsdex.output import thread_record

        click.echo(json.dumps({"schema_version": _SCHEMA_VERSION, **thread_record(found)}, indent=2))
    elif not alone:
        from newsdex.terminal import Style, thread_lines

        for line in thread_lines(found, Style.of_terminal(color=wants_color(color), links=False)):
            click.echo(line, color=True)
    if alone:
        click.echo(f"{shown(found.article_id)} has no thread: no other report of its event was found.", err=True)
    return NOTHING_FOUND if alone else 0
