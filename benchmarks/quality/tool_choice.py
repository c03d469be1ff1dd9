"""Do the names and descriptions of the MCP tools lead to the right one?

tools/requests.jsonl has 40 requests of a user, each with the tool that should be called, written before the descriptions were changed for
them. A language model's choice is stood in for by what is near: the tools are ranked by the cosine of the request and "name: description"
under the default model, plus a weight for the share of the request's words, by how few tools have them. That is cruder than a model that
reads, and says whether the descriptions can be told apart. Before they were changed, 11 of the 20 open requests and 9 of the 20 held-out
ones had the right tool first. Without ``--held-out`` only the half on which the descriptions were improved is looked at, and each wrong
choice is shown.
"""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from indexes import index_of
from mcp import Client
from script import json_lines, parser_of, save, workplace

from newsdex import Index
from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_query_encoder
from newsdex.search.mcp_server import create_server
from newsdex.words import Analyzer

REQUESTS = Path(__file__).with_name("tools") / "requests.jsonl"
WORDS = 0.3  # what all words of a request in a description are worth, beside a cosine


def described() -> dict[str, str]:
    """Each tool's description by its name, as a client gets them."""

    async def listed(index: Index) -> dict[str, str]:
        async with Client(create_server(index)) as client:
            return {tool.name: " ".join((tool.description or "").split()) for tool in (await client.list_tools()).tools}

    with workplace(None) as folder:
        (folder / "a.txt").write_text("A ferry ran aground.", encoding="utf-8")
        with index_of([folder / "a.txt"], "hash") as index:
            return asyncio.run(listed(index))


def ranked(requests: list[str], tools: dict[str, str]) -> list[list[str]]:
    """The names of the tools for each request, the likeliest first."""
    encoder, analyzer = open_query_encoder(DEFAULT_MODEL), Analyzer("en")

    def terms(text: str) -> set[str]:
        return {term for word in analyzer.words(text) for term in word.terms}

    texts = [f"{name.replace('_', ' ')}: {text}" for name, text in tools.items()]
    cosines = encoder.encode_questions(requests) @ encoder.encode_passages(texts).T
    words = [terms(text) for text in texts]
    shares = np.zeros_like(cosines)
    for row, request in enumerate(requests):
        weights = {word: math.log(1 + len(texts) / (1 + sum(word in each for each in words))) for word in terms(request)}
        for column, each in enumerate(words):
            shares[row, column] = sum(weights[word] for word in weights if word in each) / (sum(weights.values()) or 1)
    names = list(tools)
    return [[names[column] for column in np.argsort(-row)] for row in cosines + WORDS * shares]


def main() -> None:
    arguments = parser_of(__doc__, "--held-out").parse_args()
    rows: list[dict[str, Any]] = json_lines(REQUESTS)
    tools = described()
    results: dict[str, Any] = {"characters": {name: len(text) for name, text in tools.items()}}
    for half in (False, True) if arguments.held_out else (False,):
        chosen = [row for row in rows if row["held_out"] == half]
        orders = ranked([row["request"] for row in chosen], tools)
        right = sum(order[0] == row["tool"] for order, row in zip(orders, chosen, strict=True))
        second = sum(row["tool"] in order[:2] for order, row in zip(orders, chosen, strict=True))
        results["held_out" if half else "open"] = {"requests": len(chosen), "first": right, "first_two": second}
        for order, row in zip(orders, chosen, strict=True):
            if not half and order[0] != row["tool"]:
                print(f"{row['tool']:<15} not {order[0]:<15} {row['request']}")
    print(json.dumps(results, indent=1))
    save(arguments.json, {"model": DEFAULT_MODEL, "results": results}, "numpy", "mcp")


if __name__ == "__main__":
    main()
