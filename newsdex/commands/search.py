"""Searching: ``search`` and ``newsdex compare``."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from newsdex.commands.common import (
    NOTHING_FOUND,
    Command,
    OneFormat,
    checked,
    color_option,
    formats,
    index_dir_option,
    index_place_option,
    open_index,
    table_options,
    text_of,
    together,
    utf8,
    values_of,
)
from newsdex.console import shown, style_of, tell
from newsdex.errors import UsageError
from newsdex.search.options import Conditions, Option, SearchOptions, defined
from newsdex.search.request import arguments_of, defaults, request_of

if TYPE_CHECKING:
    from newsdex.records import Hit, Results
    from newsdex.terminal import Style

_COMPLETED = {"source": "sources", "lang": "languages"}
_MISSES = 3  # that are named when nothing is good enough
_READING = 'Read as "'  # with which a remark on spelling begins


def _flag(name: str, hint: Any, option: Option) -> Callable[[Any], Any]:
    """Return the command-line flag for a search option, as newsdex.search.options defines it."""
    long = f"--{name.replace('_', '-')}"
    flags = (option.flag, long) if option.flag == "-n" else (option.flag or long,)
    default = defaults().get(name)
    told: dict[str, Any] = {"help": option.flag_help or option.help}
    if hint is bool:
        told |= {"is_flag": True, **({"callback": lambda _context, _parameter, said: not said} if default else {})}
    elif get_origin(hint) is Literal:
        told |= {"type": click.Choice(get_args(hint)), "default": default, "show_default": True}
    elif Sequence[str] in get_args(hint):
        told |= {"multiple": True, "metavar": option.metavar}
    elif hint is int:
        told |= {"type": _checked(name, click.types.IntParamType), "default": default, "show_default": True, "metavar": "N"}
    else:
        kind = click.types.StringParamType if str in get_args(hint) else click.types.FloatParamType
        told |= {"type": _checked(name, kind), "metavar": option.metavar or "DATE"}
    return click.option(*flags, name, **told)


def _checked(name: str, kind: type[click.ParamType[Any]]) -> click.ParamType[Any]:
    """Return the type ``kind`` with a check that a request accepts the value as its option ``name``."""
    return checked(kind, lambda value: request_of("-", **{name: value}))


def search_options(names: Container[str] = SearchOptions.__annotations__) -> Callable[[Command], Command]:
    """Add the search options with these ``names``; flags such as --source replace ``where``."""
    flags = []
    for name, hint, option in defined():
        if name not in names:
            continue
        if name == "where":
            flags += [
                click.option(
                    f"--{key}",
                    multiple=True,
                    metavar=condition.metavar,
                    type=checked(click.types.StringParamType, lambda text: arguments_of({"where": [text]})) if key == "where" else str,
                    help=condition.flag_help or condition.help,
                    shell_complete=values_of(_COMPLETED[key]) if key in _COMPLETED else None,
                )
                for key, _, condition in defined(Conditions, "cli")
            ]
        elif "cli" in option.doors:
            flags.append(_flag(name, hint, option))
    return together(*flags)


class Asking(OneFormat):
    """A command whose question may contain words with a minus, such as ``-covid``, that are not options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same with the options first, then ``--`` and the question."""
        named = {
            name: option for option in self.params if isinstance(option, click.Option) for name in (*option.opts, *option.secondary_opts)
        }
        options: list[str] = []
        words: list[str] = []
        left = iter(args)
        for arg in left:
            option = named.get(arg.partition("=")[0] if arg.startswith("--") else arg[:2] if _VALUE.fullmatch(arg) else arg)
            if arg == "--":
                words += left
            elif option or arg.startswith("--") or _LETTER.fullmatch(arg):
                # click takes a short name only after it has compared it with all long ones, as a misspelling.
                options.append("--limit" if option and arg == "-n" else arg)
                if arg in named and not (named[arg].is_flag or named[arg].count):
                    value = next(left, None)
                    if value is None:  # click says that it is missing
                        return super().parse_args(ctx, args)
                    options.append(value)
            else:
                words.append(arg)
        return super().parse_args(ctx, [*options, "--", *words])


_LETTER = re.compile(r"-[A-Za-z]")  # an option, known or not
_VALUE = re.compile(r"-\w-?\d+")  # such as -n5
# An operator with several words, whose quotation marks the shell has taken.
_UNQUOTED = re.compile(r"(-?[\w.-]+:|-)(?=[^\W\d_])([^\"]*\s[^\"]*)")


def asked_of(words: Sequence[str]) -> str:
    """Join the question's words, and restore quotation marks that the shell removed: ``source:"Harbour Courier"``."""
    if len(words) > 1:
        words = [f'{found[1]}"{found[2]}"' if (found := _UNQUOTED.fullmatch(word)) else word for word in words]
    return text_of(words)


@click.command(cls=Asking, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("question", nargs=-1, required=True)
@search_options()
@click.option("--all", "everything", is_flag=True, help="Show the best hits even if none is good enough to count as an answer.")
@formats("text", "json", "jsonl", "csv")
@table_options
@color_option
@index_place_option
def search(
    question: Sequence[str], form: str, color: str, index_dir: Path, everything: bool, fields: str | None, bom: bool, **options: Any
) -> int:
    """Search for QUESTION and show the articles that answer it. A QUESTION of - is read from standard input.

    \b
    search "China support for Russia"
    search -n 10 --json who won the election in Senegal
    search "ferry strike" --since 30d --source "Harbour Courier"
    search '"Key Bridge" -Trump lang:en'

    "exact phrase", -word, OR and FIELD:VALUE are operators.

    Exit code: 0 found, 1 nothing found or nothing good enough, 2 error.
    """
    if fields is not None and form not in ("csv", "jsonl"):
        raise UsageError(f"--fields works only with --csv and --jsonl, not with --format {form}")
    names: tuple[str, ...] = ()
    if form == "csv" or fields is not None:
        from newsdex.tables import HIT_FIELDS, USUAL_OF_HIT, chosen

        names = chosen(fields, HIT_FIELDS, USUAL_OF_HIT)
    asked = asked_of(question)
    with open_index(index_dir) as index:
        results = index.search(asked, **arguments_of(options))
    good = results.answerable or everything
    hits, nearest = (results.hits, ()) if good else ((), results.hits[:_MISSES])
    if form in ("text", "csv") and not everything and options["min_score"] is None:
        hits = tuple(hit for hit in hits if hit.answers)
    if form == "text":
        _print_text(results, hits, nearest, style_of(color))
        if not results.hits:
            least = "" if options["min_score"] is None else f" with a score of at least {options['min_score']:g} (--min-score)"
            tell(f"Nothing found in {index_dir}{least}.")
        elif good and (more := _more(results, options["offset"], options["limit"])):
            click.echo(more, err=True)
    elif names:
        _print_rows(hits, names, csv=form == "csv", bom=bom)
    else:
        from newsdex.output import json_lines, json_object

        for line in [json_object(results, hits, nearest)] if form == "json" else json_lines(hits):
            click.echo(line)
    if form != "json":  # the object has both itself
        none = ["None of these hits is good enough to count as an answer."] if hits and not results.answerable else []
        tell(*(results.remarks if form != "text" else ()), *none)
    return 0 if hits and results.answerable else NOTHING_FOUND


def _print_text(results: Results, hits: Sequence[Hit], nearest: Sequence[Hit], style: Style) -> None:
    """Print the hits and the remarks. Remarks come first if the hits are not ordered by score."""
    from newsdex.terminal import hit_lines, miss_lines

    risen = any(after.score > hit.score for hit, after in pairwise(hits))
    for remark in results.remarks if risen else ():
        click.echo(f"{shown(remark)}\n", err=True)
    for line in hit_lines(hits, style):
        click.echo(line, color=True)
    if nearest and results.small_talk:
        from newsdex.search.writing.refusal import refusal

        click.echo(refusal(results.question, small_talk=True), err=True)
    elif nearest:
        explains = " and explains them" if nearest[0].parts else ""
        click.echo(f"No results answer that. The nearest articles (--all shows all{explains}):", err=True)
        for line in miss_lines(nearest, style):
            click.echo("  " + line, err=True)
    if not risen:
        # How the question was read does not matter if no article answers either reading.
        tell(*(remark for remark in results.remarks if not (nearest and remark.startswith(_READING))))
    if not nearest and (weaker := len(results.hits) - len(hits)):
        from newsdex.values import amount  # which few questions need

        word = results.question.strip()
        every = f"; for all articles with the word: search '\"{word}\"'" if word.isalnum() else ""
        click.echo(f"{amount(weaker, 'weaker hit')} left out (show with --all{every}).", err=True)


def _print_rows(hits: Sequence[Hit], names: Sequence[str], *, csv: bool, bom: bool) -> None:
    from newsdex.tables import hit_values, json_row, table_on_output

    table = table_on_output(names, bom=bom) if csv else None
    for hit in hits:
        values = hit_values(hit)
        if table:
            table.add(values.get(name) for name in names)
        else:
            click.echo(json_row(values, names))


def _more(results: Results, offset: int, limit: int) -> str:
    """Return a line that counts the answers after this page and says how to show them; empty if there are none."""
    more = results.more
    if more:
        from newsdex.values import amount  # which few questions need

        least = "At least " if results.total > offset + len(results) + more else ""
        return f"{least}{amount(more, 'more hit')} (show with -n {limit + more})."
    shown_or_folded = offset + sum(1 + len(hit.also_in) for hit in results)
    return f"There are more hits (show with -n {2 * limit})." if len(results) == limit and results.total > shown_or_folded else ""


@click.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--generations", metavar="A,B", required=True, help="Two generations, such as g000001,g000002.")
@click.option("-n", "--limit", type=click.IntRange(1), default=10, show_default=True, help="Articles to compare in each generation.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per article.")
@index_dir_option
def compare(question: Sequence[str], generations: str, limit: int, as_json: bool, index_dir: Path) -> int:
    """Compare the rankings for QUESTION before and after a rebuild. Both generations of the index are searched."""
    import json

    from newsdex.output import as_unicode
    from newsdex.search.index import Index

    names = generations.split(",")
    if len(names) != 2:  # noqa: PLR2004 - two are compared
        raise UsageError(f"--generations {generations}: expected two names, such as g000001,g000002")
    asked = utf8(" ".join(question))
    rankings = [{hit.article.id: hit for hit in Index.open_generation(index_dir, name).search(asked, limit=limit)} for name in names]
    if not as_json:
        click.echo(f"{names[0]:<9}{names[1]:<9}")
    found = rankings[0] | rankings[1]
    for article_id, hit in found.items():
        first, second = (ranking[article_id].rank if article_id in ranking else None for ranking in rankings)
        row = {"article_id": as_unicode(article_id), "title": as_unicode(hit.article.title), "first": first, "second": second}
        click.echo(json.dumps(row) if as_json else f"{first or '-':<9}{second or '-':<9}{shown(hit.article.title or article_id)}")
    return 0 if found else NOTHING_FOUND
