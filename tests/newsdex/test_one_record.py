"""One article looks the same at every door: whatever tells of it under a name of its record has the value that the record has."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from chat_endpoint import letter_by_letter, speaking

from newsdex import Index, Options, index_paths
from newsdex.cli import main, main_search
from newsdex.following.questions import follow
from newsdex.following.telling import tell

FIRST = "The ferry to Lindau sank in the harbour on Monday."
TEXT = f"{FIRST} Nobody was hurt, and the crew was picked up by fishermen from Bregenz within the hour."
KNOWN = {"_id": "known 1", "title": "Ferry sinks", "text": TEXT, "source": "Courier", "url": "https://courier.example/1"} | {
    "date": "2024-04-26",
    "section": "Local",
    "retracted": "wrong ferry",
    "corrected_by": "known 2",
    "vanished": "2024-05-01",
}
COPY = KNOWN | {"_id": "copy", "title": "Ferry sinks again", "source": "Herald", "url": "https://herald.example/1", "date": "2024-04-27"}
BARE = {"_id": "bare", "text": "The lighthouse of Wick was painted green by volunteers in the summer before last."}
QUESTION = {"known 1": "ferry to Lindau", "bare": "lighthouse of Wick painted"}
CONTRACT = ("search", "fetch")  # of ChatGPT's connectors: strings alone, without article_id


def expected(folder: Path, row: Mapping[str, str], line: int) -> dict[str, Any]:
    """The record of an article, and its best passage, as written down by hand."""
    text = row["text"]
    sentence = FIRST if text == TEXT else text
    content = (folder / "news.jsonl").read_bytes().splitlines(keepends=True)[line - 1]
    return {
        "article_id": row["_id"],
        **{name: row.get(name) for name in ("title", "source", "url", "retracted", "corrected_by", "vanished")},
        "published": row.get("date"),
        "published_origin": "record" if "date" in row else None,
        "language": "en",
        "path": str(folder / "news.jsonl"),
        "member": None,
        "record": line,
        "sha256": hashlib.sha256(content).hexdigest(),
        "start": 0,
        "end": len(text),
        "page": None,
        "text": text,
        "answer": {"start": 0, "end": len(sentence), "text": sentence},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of an article of which all is known, a copy of it, and one of which nothing is; a question is followed."""
    place = tmp_path_factory.mktemp("alike")
    (place / "seed.txt").write_text("Bread was baked.", encoding="utf-8")
    index_paths([place / "seed.txt"], place / "index", Options(model="hash"))
    for name, question in QUESTION.items():
        follow(place / "index", question, name=name.split()[0], jsonl=place / "notices.jsonl", mode="lexical", min_score=0.0)
    rows = "".join(json.dumps(row) + "\n" for row in (KNOWN, BARE, COPY))
    (place / "news.jsonl").write_text(rows, encoding="utf-8")
    index_paths([place / "news.jsonl"], place / "index", Options(model="hash"))
    assert tell(place / "index") == []
    return place


def told(door: Any, name: str) -> Iterator[dict[str, Any]]:
    """All objects in what a door gave that tell of the article of this id."""
    if isinstance(door, dict):
        if door.get("article_id") == name:
            yield door
        for value in door.values():
            yield from told(value, name)
    elif isinstance(door, list):
        for value in door:
            yield from told(value, name)


def from_the_shell(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, Any]]:
    """What the commands print."""
    place = ["--index-dir", str(folder / "index")]
    question, text = QUESTION[name], (KNOWN if name == "known 1" else BARE)["text"]
    commands = {
        "get": ["get", name, "--json"],
        "similar": ["similar", "known 1" if name == "bare" else "bare", "--json"],
        "thread": ["thread", name, "--json"],
        "verify-quote": ["verify-quote", text[4:30], "--json"],
        "check": ["check", text, "--json", "--article", name],
        "list": ["list", "--json", "--fields", "article_id,title,source,url,published,published_origin,language,retracted,record,sha256"],
    }
    for door, arguments in commands.items():
        main([*arguments, *place])
        yield door, json.loads(capsys.readouterr().out)
    main_search([question, "--json", "--all", *place])
    yield "search --json", json.loads(capsys.readouterr().out)
    fields = "article_id,title,source,url,published,retracted,record,start,end,page,text,answer,answer_start,answer_end"
    main_search([question, "--jsonl", "--all", "--fields", fields, *place])
    yield "search --jsonl", [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    main_search([question, "--csv", "--all", "--fields", fields, *place])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    numbers = ("record", "start", "end", "answer_start", "answer_end")
    yield "search --csv", [{key: int(value) if value and key in numbers else value or None for key, value in row.items()} for row in rows]
    yield "follow", [json.loads(line) for line in (folder / "notices.jsonl").read_text(encoding="utf-8").splitlines()]


def over_http(folder: Path, name: str) -> Iterator[tuple[str, Any]]:
    """What the server answers, a model's answer included."""
    pytest.importorskip("fastapi")
    pytest.importorskip("openai")
    client = pytest.importorskip("starlette.testclient").TestClient
    from newsdex.search.server.app import create_app
    from newsdex.search.server.settings import Settings
    from newsdex.search.writing.answer import ChatModel

    asked = {"query": QUESTION[name], "min_score": 0}
    text, place = (KNOWN if name == "known 1" else BARE)["text"], quote(name)
    with speaking() as endpoint, Index.open(folder / "index") as index:
        endpoint.script = lambda _endpoint, _prompt: letter_by_letter(f'"{text[4:30]}" [1]. {text} [1].')
        settings = Settings(model=ChatModel(f"http://127.0.0.1:{endpoint.server_port}/v1", "tiny"))
        with client(create_app(index, settings), base_url="http://localhost") as http:
            yield "GET /search", http.get("/search", params={"q": QUESTION[name], "min_score": 0}).json()
            yield "POST /search", http.post("/search", json=asked).json()
            yield "POST /context", http.post("/context", json=asked).json()
            yield "GET /articles", http.get(f"/articles/{place}").json()
            yield "/similar", http.get(f"/articles/{quote('known 1' if name == 'bare' else 'bare')}/similar").json()
            yield "/thread", http.get(f"/articles/{place}/thread").json()
            yield "POST /quotes/verify", http.post("/quotes/verify", json={"quote": text[4:30]}).json()
            yield "POST /check", http.post("/check", json={"answer": text, "articles": [name]}).json()
            yield "list", http.post("/articles", json={}).json()
            events = http.post("/answer", json=asked).text
            yield "POST /answer", [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
            store = http.post(
                "/v1/vector_stores/archive/search", json={"query": QUESTION[name], "ranking_options": {"score_threshold": 0}}
            ).json()
            found = {"article_id": (best := store["data"][0])["file_id"], **best["attributes"], "text": best["content"][0]["text"]}
            yield "/v1 search", found


def to_assistants(folder: Path, name: str) -> list[tuple[str, Any]]:
    """What the tools of MCP give."""
    pytest.importorskip("mcp")
    from mcp import Client

    from newsdex.search.mcp_server import create_server

    text = (KNOWN if name == "known 1" else BARE)["text"]
    calls: dict[str, dict[str, Any]] = {
        "search_archive": {"question": QUESTION[name], "everything": True},
        "similar": {"id": "known 1" if name == "bare" else "bare"},
        "thread": {"id": name},
        "verify_quote": {"quote": text[4:30]},
        "check_answer": {"answer": text, "ids": [name]},
    }

    async def ask() -> list[tuple[str, Any]]:
        with Index.open(folder / "index") as index:
            async with Client(create_server(index)) as client:
                return [(f"MCP {tool}", (await client.call_tool(tool, calls[tool])).structured_content) for tool in calls]

    return asyncio.run(ask())


def test_every_door_has_the_same_record(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Field by field: a name that a door has is one of the record's, with its value; unknown is null, never empty text."""
    from newsdex.search.retrievers.passages import retrieve

    for line, row in ((1, KNOWN), (2, BARE)):
        name = row["_id"]
        record = expected(folder, row, line)
        flat = record | {"answer": record["answer"]["text"], "answer_start": 0, "answer_end": record["answer"]["end"]}
        with Index.open(folder / "index") as index:
            found = retrieve(index, QUESTION[name], 1, {"min_score": 0})
        doors = [*from_the_shell(folder, name, capsys), *over_http(folder, name), *to_assistants(folder, name)]
        doors.append(("retrievers", [dict(each.fields) for each in found]))
        for door, content in doors:
            objects = list(told(content, name))
            assert objects, (door, content)
            is_sentence = any(part in door for part in ("check", "quote", "/answer"))
            for each in objects:
                for key, value in each.items():
                    assert value != "", (door, key)
                    if key == "passages":  # of MCP: the passages of a hit, which are flat
                        assert {part: value[0][part] for part in value[0]} == {part: flat[part] for part in value[0]}, door
                    if key not in flat or (is_sentence and key in ("start", "end", "text")) or (door == "follow" and key == "text"):
                        continue
                    assert value in (record.get(key), flat[key]), (door, key)
                    assert key != "answer" or isinstance(value, dict) == ("answer_start" not in each and door != "follow"), door
                assert "article_id" in each
                assert "id" not in each or each["id"] == name, door
