"""Models: those that are here, those worth having, and how to change to one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from newsdex.console import shown
from newsdex.errors import ModelError

_COLUMNS = ("name", "size", "languages", "window", "licence", "family", "engine", "question_ms", "passage_ms", "here")
_UNITS = {"size": "M", "window": "tokens", "question_ms": "ms", "passage_ms": "ms"}  # what numbers count


@click.command()
@click.option("--measure", is_flag=True, help="Time the installed ones: CPU milliseconds per question and per passage.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per model.")
def models(measure: bool, as_json: bool) -> None:
    """Show installed models and others worth having. It says how to use them.

    Size is in millions of parameters, the window in tokens. No hub is contacted: models that are not installed are described as in
    docs/MODELS.md, which names the sources.
    """
    from newsdex.engines.catalogue import OFFERS, others

    records = [asdict(offer) | {"here": offer.here, "engine": "newsdex", "get": offer.command} for offer in OFFERS]
    records += [_fetched(name) for name in others()]
    if measure:
        for record in records:
            if record["here"]:
                _measure(record)
    if as_json:
        for record in records:
            click.echo(json.dumps(record))
        return
    _print(records)


def _fetched(name: str) -> dict[str, Any]:
    from newsdex.engines.description import NotKnown
    from newsdex.engines.model import open_model

    record: dict[str, Any] = {"name": name, "here": True, "engine": "newsdex"}
    try:
        record["family"] = open_model(name).description.family
    except NotKnown as error:
        record |= {"engine": "sentence-transformers", "why": str(error)}
    except ModelError as error:
        record |= {"engine": "", "why": str(error)}
    return record


def _measure(record: dict[str, Any]) -> None:
    from newsdex.engines.catalogue import measure

    try:
        question, passage = measure(record["name"])
    except ModelError as error:
        record["why"] = str(error)
    else:
        record |= {"question_ms": round(1000 * question, 1), "passage_ms": round(1000 * passage, 1)}


def _print(records: list[dict[str, Any]]) -> None:
    used = [column for column in _COLUMNS if any(column in record for record in records)]
    heads = [column.removesuffix("_ms") for column in used]
    rows = [heads, *([_cell(record.get(column, ""), _UNITS.get(column, "")) for column in used] for record in records)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for record in records:
        if "why" in record:
            click.echo(f"newsdex: {shown(record['name'])}: {shown(record['why'])}", err=True)
    click.echo("\nUse one: newsdex rebuild --model NAME, for a new index newsdex index --model NAME. Get one: hf download NAME")


def _cell(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return shown(f"{value} {unit}".rstrip()) if value != "" else ""
