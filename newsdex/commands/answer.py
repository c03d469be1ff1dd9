"""Answers that a language model writes: ``newsdex answer``, and the options that say which model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import NOTHING_FOUND, Command, index_place_option, open_index
from newsdex.commands.search import Asking, asked_of, search_options
from newsdex.console import shown, tell
from newsdex.errors import ModelError, UsageError
from newsdex.output import versioned
from newsdex.search.request import arguments_of
from newsdex.terminal import visible_line

if TYPE_CHECKING:
    from newsdex.search.index import Index
    from newsdex.search.writing.answer import ChatModel, Event

_OPTIONS = ("since", "until", "on", "as_of", "where", "read_dates", "literal")
_KEY = "NEWSDEX_LLM_KEY"


def llm_options(command: Command) -> Command:
    """The options that say which language model writes; the command gets it as ``model``, a ChatModel, or None."""

    @click.option(
        "--llm",
        metavar="URL",
        envvar="NEWSDEX_LLM",
        show_envvar=True,
        help="Address of a language model with OpenAI's chat API, such as http://127.0.0.1:11434/v1 for Ollama. Its key, if needed, is "
        f"read from {_KEY}.",
    )
    @click.option("--llm-model", metavar="NAME", envvar="NEWSDEX_LLM_MODEL", show_envvar=True, help="Name of the model on that server.")
    @wraps(command)
    def read(*, llm: str | None, llm_model: str | None, **others: Any) -> int | None:
        if not llm and not llm_model:
            return command(model=None, **others)
        if not llm or not llm_model:
            raise UsageError("a language model needs both its address and its name: --llm http://127.0.0.1:11434/v1 --llm-model llama3.1")
        from newsdex.search.writing.answer import ChatModel

        return command(model=ChatModel(llm, llm_model, os.environ.get(_KEY, "")), **others)

    return read


@click.command(cls=Asking)
@click.argument("question", nargs=-1, required=True)
@llm_options
@search_options(_OPTIONS)
@click.option(
    "--budget-tokens",
    type=click.IntRange(50, 1_000_000),
    default=3000,
    show_default=True,
    help="Most tokens of passages that the model reads.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when the answer is complete.")
@index_place_option
def answer(question: Sequence[str], model: ChatModel | None, budget_tokens: int, as_json: bool, index_dir: Path, **options: Any) -> int:
    """Let a language model answer QUESTION from the archive. The answer is followed by the passages that it cites.

    If the archive has no answer, the model is not called. A quotation that is not word for word in the cited article is left out. newsdex
    includes no language model and contacts only the server that --llm names. A QUESTION of - is read from standard input.

    \b
    newsdex answer "What does Washington say about China's support for Russia?" --llm http://127.0.0.1:11434/v1 --llm-model llama3.1

    Exit code: 0 answered, 1 the archive does not answer, 2 error.
    """
    if model is None:
        raise UsageError(
            "no language model is set: give --llm http://127.0.0.1:11434/v1 --llm-model NAME, or set NEWSDEX_LLM and NEWSDEX_LLM_MODEL. "
            "To find passages without a model: newsdex search"
        )
    import asyncio

    asked = asked_of(question)
    with open_index(index_dir) as index:
        arguments = {"budget_tokens": budget_tokens, **arguments_of(options)}
        events = asyncio.run(_events(index, model, asked, arguments, show=not as_json))
    if as_json:
        click.echo(versioned({"question": asked, **_record(events)}))
    else:
        _show_sources(events)
    last = events[-1]
    if last.name == "error":
        raise ModelError(shown(last.data["text"]))
    return NOTHING_FOUND if last.name == "refusal" else 0


async def _events(index: Index, model: ChatModel, question: str, arguments: dict[str, Any], *, show: bool) -> list[Event]:
    """The events of the answer, on request each shown as it comes."""
    from newsdex.search.writing.answer import Writer

    events = []
    async with Writer(model) as writer:
        async for event in writer.answer(index, question, **arguments):
            events.append(event)
            if show:
                _show(event)
    return events


def _show(event: Event) -> None:
    if event.name == "text":
        click.echo("\n".join(map(visible_line, event.data["text"].split("\n"))), nl=False)
    elif event.name == "refusal":
        tell(event.data["text"], *(["The nearest articles:"] if event.data["nearest"] else []))
        tell(*map(_line, event.data["nearest"]), head="  ")
        tell(*event.data["remarks"])
    elif event.name == "sources":
        tell(*event.data["remarks"])


def _show_sources(events: Sequence[Event]) -> None:
    """Print the passages that the answer cites, and its unsupported sentences."""
    from newsdex.reports_text import doubts_text
    from newsdex.search.writing.quotations import cited

    text = "".join(_all("text", events))
    if text:
        click.echo("\n" if not text.endswith("\n") else "")
    numbers = cited(text)
    for source in _all("sources", events):
        if source["number"] in numbers:
            click.echo(f"[{source['number']}] {_line(source)}")
    if doubts := doubts_text(_all("claims", events)):
        click.echo(f"\n{doubts}")


def _all(name: str, events: Sequence[Event]) -> list[Any]:
    """The data called ``name`` of the events called ``name``, in order."""
    return [each for event in events if event.name == name for each in event.data[name]]


def _line(source: dict[str, Any]) -> str:
    retracted = f"RETRACTED: {source['retracted']}" if source["retracted"] else ""
    where = f"{source['article_id']} [{source['start']}:{source['end']}]"
    return shown(" · ".join(filter(None, (source["title"], source["source"], source["published"], retracted, where))))


def _record(events: Sequence[Event]) -> dict[str, Any]:
    """The answer as a whole, as plain values."""
    first, last = events[0], events[-1]
    return {
        "answer": "".join(_all("text", events)) or None,
        "answerable": first.name != "refusal",
        "small_talk": first.data.get("small_talk", False),
        "complete": last.name == "done",
        "refusal": last.data["text"] if last.name == "refusal" else None,
        "problem": last.data["text"] if last.name == "error" else None,
        "sources": first.data.get("sources", []),
        "nearest": first.data.get("nearest", []),
        "quotations": _all("quotations", events),
        "claims": _all("claims", events),
        "remarks": first.data["remarks"],
    }
