"""The JSON forms of an answer: valid by the published schema, exact to the character, safe to print."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from paths import ROOT

from newsdex import Article, Hit, Index, Options, Passage, Published, Span, index_paths
from newsdex.output import SCHEMA_VERSION, hit_record, json_lines, json_object, told_remarks
from newsdex.records import Match, Results

SCHEMA = json.loads((ROOT / "docs" / "search-output.schema.json").read_text(encoding="utf-8"))
WHOLE = Draft202012Validator(SCHEMA)
LINE = Draft202012Validator({"$ref": "#/$defs/hit", "$defs": SCHEMA["$defs"]})


def hit_of(text: str, passage: Span, answer: Span, **fields: Any) -> Hit:
    """A hit in an article of ``text``."""
    values: dict[str, Any] = {"id": "a", "text": text, "path": Path("/archive/a.txt"), "sha256": "00" * 32, "body": Span(0, len(text))}
    article = Article(**values | fields)
    found = Passage(article.id, 0, passage.start, passage.end, text[passage.start : passage.end])
    return Hit(1, 0.5, article, (Match(found, 0.5, answer),))


def object_of(query: str, hits: Sequence[Hit]) -> str:
    """The JSON of results that are these hits."""
    return json_object(Results(query, tuple(hits), answerable=bool(hits)), hits)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles in every format, with and without a description; the index lies beside them."""
    folder = tmp_path_factory.mktemp("archive")
    articles = folder / "articles"
    articles.mkdir()
    front = "---\ntitle: Copper prices\nsource: Harbour Courier\ndate: 2024-04\nurl: https://example.org/copper\n---\n"
    (articles / "known.md").write_text(
        f"{front}Copper rose in London. \U0001f4c8 Traders in Chile were glad of copper.\n", encoding="utf-8"
    )
    (articles / "unknown.txt").write_bytes(b"copper, copper and once more copper.\r\nThe end of it.\r\n")
    lines = [
        {"_id": "j1", "text": "first line"},
        {"_id": "j2", "title": "T", "text": "caf\u00e9 copper\u2028cup", "date": "2024-04-26T12:30:00Z"},
    ]
    (articles / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    index_paths([articles], folder / "index", Options(model="hash"))
    return folder


@pytest.fixture(scope="module")
def hits(archive: Path) -> list[Hit]:
    """Every passage of the archive, in the order of an answer."""
    with Index.open(archive / "index") as index:
        return list(index.search("copper", limit=100))


def test_the_schema_is_a_schema() -> None:
    """The published schema is valid JSON Schema 2020-12, describes each of its properties and allows no others."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION
    for described in (SCHEMA, SCHEMA["$defs"]["hit"], SCHEMA["$defs"]["hit"]["properties"]["answer"]):
        assert described["additionalProperties"] is False
        assert set(described["required"]) == set(described["properties"])
        assert all(rule["description"] for rule in described["properties"].values())


def test_the_object_is_valid(hits: list[Hit]) -> None:
    """The JSON object validates, and holds the question and the hits in their order."""
    answer = json.loads(object_of("copper", hits))
    WHOLE.validate(answer)
    assert (answer["schema_version"], answer["query"]) == (SCHEMA_VERSION, "copper")
    assert [hit["rank"] for hit in answer["hits"]] == list(range(1, len(hits) + 1))
    assert [hit["article_id"] for hit in answer["hits"]] == [hit.article.id for hit in hits]


def test_no_hits_are_an_empty_list() -> None:
    """An answer without hits is a valid object, and no line at all in the other form."""
    answer = json.loads(object_of("copper", []))
    WHOLE.validate(answer)
    assert answer == {
        "schema_version": SCHEMA_VERSION,
        "query": "copper",
        "answerable": False,
        "small_talk": False,
        "scored": True,
        "period": None,
        "remarks": [],
        "hits": [],
        "nearest": [],
        "index_commit": "",
    }
    assert list(json_lines([])) == []


def test_the_lines_are_the_hits_of_the_object(hits: list[Hit]) -> None:
    """Each JSON line is one line, validates, and is the hit of the object at its place."""
    lines = list(json_lines(hits))
    assert len(lines) == 4
    for line in lines:
        assert line.splitlines() == [line]
        LINE.validate(json.loads(line))
    assert [json.loads(line) for line in lines] == json.loads(object_of("copper", hits))["hits"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"rank": 0}, id="rank 0"),
        pytest.param({"score": 1.1}, id="score above 1"),
        pytest.param({"score": None}, id="no score"),
        pytest.param({"title": ""}, id="an empty title instead of null"),
        pytest.param({"published": "26 April 2024"}, id="a date in words"),
        pytest.param({"path": "relative.txt"}, id="a relative path"),
        pytest.param({"record": 0}, id="line 0 instead of null"),
        pytest.param({"start": -1}, id="negative start"),
        pytest.param({"answer": None}, id="no answer"),
        pytest.param({"answer": {"start": 0}}, id="half an answer"),
        pytest.param({"extra": 1}, id="an unknown property"),
    ],
)
def test_the_schema_refuses(hits: list[Hit], change: dict[str, Any]) -> None:
    """The schema is no rubber stamp: what newsdex must not write does not validate."""
    record = hit_record(hits[0])
    LINE.validate(record)
    assert not LINE.is_valid(record | change)


@pytest.mark.parametrize("name", SCHEMA["$defs"]["hit"]["required"])
def test_the_schema_wants_every_property(hits: list[Hit], name: str) -> None:
    """A hit that lacks one of its properties does not validate."""
    record = hit_record(hits[0])
    del record[name]
    assert not LINE.is_valid(record)


def test_text_is_the_slice_of_its_source(archive: Path, hits: list[Hit]) -> None:
    """The text of a hit is what stands at its offsets in the file, or in the field "text" of its line; so is the answer in it."""
    sources = set()
    for hit in map(hit_record, hits):
        content = Path(hit["path"]).read_bytes().decode()
        text = json.loads(content.splitlines()[hit["record"] - 1])["text"] if hit["record"] else content
        assert text[hit["start"] : hit["end"]] == hit["text"]
        assert hit["start"] <= hit["answer"]["start"] < hit["answer"]["end"] <= hit["end"]
        sources.add((hit["path"].removeprefix(f"{archive}/articles/"), hit["record"]))
    assert sources == {("known.md", None), ("unknown.txt", None), ("lines.jsonl", 1), ("lines.jsonl", 2)}


def test_known_values(hits: list[Hit]) -> None:
    """What the source says of an article is in its hit, the date no more exact than it was."""
    [known] = [hit_record(hit) for hit in hits if hit.article.path.name == "known.md"]
    assert (known["title"], known["source"], known["published"]) == ("Copper prices", "Harbour Courier", "2024-04")
    assert (known["url"], known["record"]) == ("https://example.org/copper", None)
    [line] = [hit_record(hit) for hit in hits if hit.article.id == "j2"]
    assert (line["title"], line["published"], line["record"]) == ("T", "2024-04-26T12:30:00+00:00", 2)


def test_metadata() -> None:
    """A hit has the other fields of its source as they are; of a long one the beginning, so that no article makes an answer huge."""
    told = {"author": "Ann Lee", "section": "Local", "html": "x" * 100_000, "file\udcff": "half\udcfe"}
    hit = hit_of("text", Span(0, 4), Span(0, 4), path=Path("/archive/a.md"), metadata=told)
    record = hit_record(hit)
    LINE.validate(json.loads(json.dumps(record).encode()))
    assert record["metadata"] == {"author": "Ann Lee", "section": "Local", "html": "x" * 1_000, "file\ufffd": "half\ufffd"}


def test_unknown_values_are_null(hits: list[Hit]) -> None:
    """What the source does not say is null: never an empty string, a zero or a guess."""
    unknown = {
        "title",
        "source",
        "url",
        "published",
        "published_origin",
        "language",
        "member",
        "page",
        "retracted",
        "corrected_by",
        "vanished",
        "context",
    }
    [line] = [hit_record(hit) for hit in hits if hit.article.id == "j1"]
    assert {name for name, value in line.items() if value is None} == unknown
    [file] = [hit_record(hit) for hit in hits if hit.article.path.name == "unknown.txt"]
    assert {name for name, value in file.items() if value is None} == unknown | {"record"}


def test_the_member_of_an_archive_is_named() -> None:
    """An article from within an archive names the file that it was there."""
    hit = hit_of("text", Span(0, 4), Span(0, 4), path=Path("/archive/news.zip"), metadata={"archive_member": "2024/a.md"})
    assert (hit_record(hit)["path"], hit_record(hit)["member"]) == ("/archive/news.zip", "2024/a.md")
    LINE.validate(hit_record(hit))


@settings(deadline=None)
@given(st.text(min_size=1), st.text(), st.data())
def test_any_text_survives(text: str, words: str, data: st.DataObject) -> None:
    """Whatever an article holds, only printable ASCII is written, and reading it back gives the same characters."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    hit = hit_of(text, Span(start, end), Span(start, end), title=words, source=words, url=words, published=Published("2024", "test"))
    written = object_of(text, [hit])
    assert all(line.isascii() and line.isprintable() for line in written.split("\n"))
    answer = json.loads(written)
    assert answer["query"] == text
    assert answer["hits"] == [hit_record(hit)] == [json.loads(line) for line in json_lines([hit])]
    assert answer["hits"][0]["text"] == text[start:end]
    assert answer["hits"][0]["title"] == (words or None)


@pytest.mark.parametrize(
    ("score", "expected"), [pytest.param(0.0, 0, id="zero"), pytest.param(2 / 3, 0.666667, id="two thirds"), pytest.param(1.0, 1, id="one")]
)
def test_score_is_rounded(score: float, expected: float) -> None:
    """A score has six digits: more would only show in which order a machine adds."""
    hit = hit_of("text", Span(0, 4), Span(0, 4))
    assert hit_record(replace(hit, score=score))["score"] == expected


def test_a_path_that_is_not_utf8(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is found, and its path is written so that any JSON reader takes it."""
    articles = tmp_path / "articles"
    articles.mkdir()
    name = b"caf\xe9.txt"
    try:
        (articles / os.fsdecode(name)).write_text("A headline\n\nWords about copper.\n", encoding="utf-8")
    except OSError as error:
        pytest.skip(f"this file system takes only UTF-8 names: {error}")
    index_paths([articles], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        [hit] = index.search("copper")
    assert os.fsencode(hit.article.path.name) == name
    answer = json.loads(object_of("copper", [hit]))
    WHOLE.validate(answer)
    assert answer["hits"][0]["path"] == f"{articles}/caf\ufffd.txt"
    assert answer["hits"][0]["article_id"] == "articles/caf\ufffd.txt"
    assert answer["hits"][0]["title"] == "A headline"
    json.dumps(answer, ensure_ascii=False).encode()  # no lone surrogate


@pytest.mark.parametrize(
    ("remark", "told"),
    [
        ("To support it: newsdex rebuild --model a --index-dir '/private/in dex'", "To support it: newsdex rebuild --model a"),
        ('Read as "x --index-dir y"; as typed: --literal', 'Read as "x --index-dir y"; as typed: literal=true'),
        ('No article has "rebuild --index-dir z" in its text.', 'No article has "rebuild --index-dir z" in its text.'),
    ],
)
def test_clients_get_remarks_without_the_folder(remark: str, told: str) -> None:
    """The folder ends a command; a question that a remark quotes may have the same option."""
    assert told_remarks([remark]) == [told]
