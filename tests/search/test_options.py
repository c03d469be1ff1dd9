"""Every door offers the options of a search as they are defined once."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin

import click
import pytest
from paths import ROOT

import newsdex
from newsdex import Options, index_paths
from newsdex.commands.read import similar
from newsdex.commands.search import search
from newsdex.errors import UsageError
from newsdex.search.index import Index
from newsdex.search.options import Conditions, SearchOptions, defined
from newsdex.search.request import Request, defaults, request_of

# What each door offers; the flags and names are promises.
FLAGS = {
    "-n --limit",
    "--offset",
    "--since",
    "--until",
    "--on",
    "--as-of",
    "--source",
    "--lang",
    "--where",
    "--path",
    "--no-date-parse",
    "--literal",
    "--mode",
    "--sort",
    "--recency",
    "--per-article",
    "--context",
    "--no-collapse",
    "--rerank",
    "--exact",
    "--min-score",
    "--explain",
    "--history",
    "--all",
    "--format",
    "--json",
    "--jsonl",
    "--csv",
    "--fields",
    "--bom",
    "--color",
    "--index-dir",
}
EVERYWHERE = {"limit", "offset", "since", "until", "on", "as_of", "literal", "mode", "sort", "per_article", "context", "rerank"}
HTTP = EVERYWHERE | {"k", "read_dates", "recency", "collapse", "min_score", "explain"}
LARGEST = {"limit": (10_000, 100, 50), "offset": (10_000, 1_000, 1_000), "per_article": (100, 10, 10), "context": (100, 5, 5)}
OTHERS = {
    "limit": 7,
    "offset": 2,
    "since": "2024-04-01",
    "until": "2024-04-30",
    "on": "2024-04-26",
    "as_of": "2024-05-01",
    "literal": True,
    "mode": "dense",
    "sort": "date",
    "per_article": 3,
    "context": 2,
    "read_dates": False,
    "recency": "30d",
    "collapse": False,
    "min_score": 0.25,
    "explain": True,
    "rerank": True,
}


def test_a_request_has_what_is_defined() -> None:
    """A Request has a field for each option; since, until and on are its period, and the order "oldest" is two fields."""
    names = {name for name, _, _ in defined()}
    assert names == set(SearchOptions.__optional_keys__)
    assert {field.name for field in fields(Request)} - {"question", "period", "oldest_first"} == names - {"since", "until", "on"}
    oldest = request_of("ferry", sort="oldest")
    assert (oldest.sort, oldest.oldest_first) == ("date", True)
    assert replace(oldest, question="boat").oldest_first


@pytest.mark.parametrize("method", ["search", "search_many", "asearch", "context", "acontext"])
def test_help_shows_each_option(method: str) -> None:
    """The signature that help() and notebooks show has all options, with their defaults, and the text says what each does."""
    shown = inspect.signature(getattr(Index, method)).parameters
    assert set(SearchOptions.__annotations__) <= set(shown)
    usual = (10, 2, 1) if "context" in method else (5, 1, 0)
    assert tuple(shown[name].default for name in ("limit", "per_article", "context")) == usual
    assert (shown["mode"].default, shown["collapse"].default, shown["since"].default) == ("hybrid", True, None)
    told = getattr(Index, method).__doc__.splitlines()
    assert "    limit: Articles to find." in told
    assert all(any(line.startswith(f"    {name}: ") for line in told) for name in SearchOptions.__annotations__)


def test_the_command_line_has_its_flags() -> None:
    """Each flag is there once and says what it does; each option whose door this is has one."""
    flags = [each for each in search.params if isinstance(each, click.Option)]
    assert {" ".join(each.opts) for each in flags} == FLAGS
    assert all(each.help and len(each.help) < 120 for each in flags)
    assert {name for kind in (SearchOptions, Conditions) for name, _, _ in defined(kind, "cli")} <= {each.name for each in flags}


def test_articles_like_one_have_their_options_at_every_door() -> None:
    """The command, the address and help() offer the same of them, and nothing that is about a question."""
    pytest.importorskip("fastapi")
    from newsdex.search.server.models import SimilarQuery

    offered = {"limit", "offset", "since", "until", "on", "as_of", "min_score", "source", "lang", "where"}
    assert {each.name for each in similar.params} == offered | {"path", "name", "as_json", "color", "index_dir"}
    assert set(SimilarQuery.model_json_schema()["properties"]) == offered
    asked = SimilarQuery.model_validate({"limit": "7", "since": "2024-04", "lang": ["de"]}).options()
    assert (asked["limit"], asked["since"], asked["where"] is None, "lang" in asked) == (7, "2024-04", False, False)
    shown = set(inspect.signature(Index.similar).parameters)
    assert shown & set(SearchOptions.__annotations__) == offered - {"source", "lang"} | {
        "sort",
        "recency",
        "per_article",
        "context",
        "collapse",
    }


def test_the_command_line_means_the_defaults() -> None:
    """Without flags, the arguments of the command line are those of Index.search where nothing is said."""
    said = search.make_context("search", ["a question"]).params
    same = said.keys() & defaults().keys() - {"question", "where"}
    assert len(same) > 12
    assert {name: said[name] for name in same} == {name: defaults()[name] for name in same}
    said = search.make_context("search", ["a question", "--no-collapse", "--no-date-parse", "-n", "7", "--min-score", ".5"]).params
    assert (said["collapse"], said["read_dates"], said["limit"], said["min_score"]) == (False, False, 7, 0.5)


def test_what_is_out_of_range_is_refused() -> None:
    """The bounds of numbers and the choices hold for every option that has them."""
    for name, (most, _, _) in LARGEST.items():
        least = 1 if name in ("limit", "per_article") else 0
        assert getattr(request_of("q", **{name: most}), name) == most  # type: ignore[arg-type]
        for value in (least - 1, most + 1, None, True, "1", 1.0):
            with pytest.raises(UsageError, match=f"is not allowed: expected {least} to {most}$"):
                request_of("q", **{name: value})  # type: ignore[arg-type]
    for value in (-0.1, 1.1, float("nan"), "0.5", True):
        with pytest.raises(UsageError, match=r"a least score of .* is not allowed: expected 0 to 1"):
            request_of("q", min_score=value)  # type: ignore[arg-type]
    assert request_of("q", min_score=1).min_score == 1
    for name in ("collapse", "literal", "read_dates", "exact", "explain"):
        with pytest.raises(UsageError, match=rf"{name} of 'no' is not allowed: expected True or False"):
            request_of("q", **{name: "no"})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="an order of 'x' is unknown: expected relevance or date"):
        request_of("q", sort="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a search has no option 'limits': expected limit, offset"):
        request_of("q", limits=3)  # type: ignore[call-arg]


def test_http_has_the_options() -> None:
    """The parameters and the bodies have the same options, with the bounds of a server, and hand each on."""
    pytest.importorskip("fastapi")
    from newsdex.search.server.models import ContextBody, SearchBody, SearchQuery

    for model, more in ((SearchQuery, {"q", "source", "lang", "where"}), (SearchBody, {"query", "filter", "history"})):
        properties: dict[str, Any] = model.model_json_schema()["properties"]
        assert set(properties) == HTTP | more
        assert all(properties[name].get("description") for name in properties)
        for name, (_, most, _) in LARGEST.items():
            schema = properties[name]
            assert schema.get("maximum", schema.get("anyOf", [{}])[0].get("maximum")) == most
    body = SearchBody.model_validate({"query": "q", **OTHERS})
    assert {name: body.options()[name] for name in OTHERS} == OTHERS  # type: ignore[literal-required]
    asked = SearchQuery.model_validate({"q": "q", **{name: str(value).lower() for name, value in OTHERS.items() if name != "on"}}).request()
    assert (asked.limit, asked.mode, asked.collapse, asked.recency, asked.min_score) == (7, "dense", False, 30, 0.25)
    assert asked == request_of("q", **{name: value for name, value in OTHERS.items() if name != "on"})  # type: ignore[arg-type]
    usual = ContextBody.model_validate({"query": "q"}).options()
    assert (usual["limit"], usual["per_article"], usual["context"]) == (10, 2, 1)


def test_mcp_has_the_options() -> None:
    """The tool search_archive has the options that MCP offers, with its bounds."""
    pytest.importorskip("mcp")
    import anyio
    from mcp import Client

    from newsdex.search.mcp_server import create_server

    async def listed() -> dict[str, Any]:
        async with Client(create_server(SimpleNamespace(has_reranker=True))) as client:  # type: ignore[arg-type]
            [tool] = [tool for tool in (await client.list_tools()).tools if tool.name == "search_archive"]
            return tool.input_schema

    schema = anyio.run(listed)
    assert set(schema["properties"]) == EVERYWHERE | {"question", "filter", "history", "everything"}
    assert schema["required"] == ["question"]
    assert {name: schema["properties"][name]["maximum"] for name in LARGEST} == {name: most for name, (_, _, most) in LARGEST.items()}
    assert all(schema["properties"][name]["default"] == defaults().get(name) for name in EVERYWHERE)


def option_table() -> str:
    """The options as a table of docs/PYTHON.md."""
    lines = ["| option | default | what it does |", "|---|---|---|"]
    for name, hint, option in defined():
        default = defaults().get(name)
        written = "" if default in (None, ()) else f"`{default!r}`".replace("'", '"')
        choices = f" One of {', '.join(f'`{each}`' for each in get_args(hint))}." if get_origin(hint) is Literal else ""
        bounds = f" {option.within[0]:,} to {option.within[1]:,}." if option.within and hint is int else ""
        page, _, section = option.see.partition("#")
        place = f"#{section}" if page == "PYTHON.md" else option.see
        see = f" See [{section.replace('-', ' ') or page}]({place})." if option.see else ""
        lines.append(f"| `{name}` | {written} | {option.help}{choices}{bounds}{see} |")
    return "\n".join(lines)


def test_the_table_in_the_documentation_is_made_from_the_definitions() -> None:
    """docs/PYTHON.md has the table that the definitions make; print(option_table()) shows it."""
    text = (ROOT / "docs" / "PYTHON.md").read_text(encoding="utf-8")
    [table] = re.findall(r"^\| option \| default .*(?:\n\|.*)*", text, re.MULTILINE)
    assert table == option_table()


def page(name: str) -> str:
    """A page of the documentation, in one line."""
    return " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").split())


def test_the_documentation_tells_limits_and_defaults() -> None:
    """Of the interfaces for programs, as the code has them."""
    pytest.importorskip("fastapi")
    from newsdex.search.answer.context import MAX_BUDGET
    from newsdex.search.options import OF_CONTEXT
    from newsdex.search.request import MAX_QUESTION
    from newsdex.search.server import models, openai

    def limits(door: str) -> str:
        numbers = [(name, (option.mcp if door == "mcp" else 0) or option.http) for name, _, option in defined() if option.http]
        return "At most: " + ", ".join(f"`{name}` {most:,}" for name, most in numbers)

    usual = inspect.signature(Index.context).parameters["budget_tokens"].default
    of_context = ", ".join(f"`{name}` {value}" for name, value in OF_CONTEXT.items())
    assert f"{limits('http')}; a question has {models.MOST_QUESTION:,} characters" in page("HTTP")
    assert f"{of_context} and `budget_tokens` {usual:,} (50 to {models.MOST_BUDGET:,})" in page("HTTP")
    assert f"`budget_tokens` is 1 to {MAX_BUDGET:,}, {usual:,} by default" in page("PYTHON")
    results = openai.StoreQuery.model_json_schema()["properties"]["max_num_results"]
    assert f"`max_num_results` hits ({results['minimum']} to {results['maximum']}, default {results['default']})" in page("HTTP")
    assert f"{limits('mcp')}; a question has {MAX_QUESTION:,} characters, a draft {models.MOST_ANSWER:,}" in page("MCP")
    lacking = [f"`{name}`" for name, _, _ in defined(door="http") if name not in {each for each, _, _ in defined(door="mcp")}]
    assert sorted(re.search("Not offered: (.*?)\\.", page("MCP"))[1].split(", ")) == sorted(lacking)  # type: ignore[index]


def test_the_documented_exceptions_are_exported() -> None:
    """Each can be imported from newsdex, and is one of its errors."""
    rows = re.findall(r"\| ((?:`\w+`(?:, )?)+) \|", page("PYTHON").split("| exception | when |")[1])
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(names) > 10
    assert all(issubclass(getattr(newsdex, name), newsdex.NewsdexError) for name in names)


def test_arguments_of_another_type_are_told(demo_index: Path) -> None:
    """What was expected, as of values out of range."""
    with pytest.raises(UsageError, match="the folder of the index is empty: expected a path such as index_data"):
        Index.open("")
    with pytest.raises(UsageError, match="a path has no NUL character"):
        Index.open("a\0b")
    with Index.open(demo_index) as index:
        with pytest.raises(UsageError, match=r"a threshold of '0.8' is not allowed: expected 0 to 1"):
            index.check("It rained.", threshold="0.8")  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="a limit of 'a' places is not allowed: expected 1 or more"):
            index.verify_quote("It rained.", limit="a")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["answer", "facets", "timeline", "newest", "listing"])
def test_what_takes_a_request_says_how_to_make_one(tmp_path: Path, method: str) -> None:
    """Where it gets a question instead, or the name of a field."""
    (tmp_path / "a.txt").write_text("The ferry sails again.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index, pytest.raises(UsageError, match=r"expected a Request, not 'source': .*request_of"):
        getattr(index, method)("source")
