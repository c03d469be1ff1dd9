"""Written answers in the form of the OpenAI API, as its own client and the requests of two chat programs meet them, from the sample archive
with the real embedding model. The language model is a server that says what a test has it say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from chat_endpoint import Endpoint, letter_by_letter, number_of, speaking
from http_server import Server, running

openai = pytest.importorskip("openai")
pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

KEY = "chat-key"
REAL = "Together with other dual-use items, he said, these goods allow Moscow to rebuild its defence industrial base."
QUESTION = "China support for Russia"
ARTICLE = "2024-04-26-blinken-beijing-hc.md"
UNANSWERED = "How do I bake sourdough bread?"
REFUSAL = "The archive does not answer that."


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """The language model."""
    with speaking() as server:
        yield server


@pytest.fixture(scope="module")
def server(endpoint: Endpoint, sample_index: Path) -> Iterator[Server]:
    """``newsdex serve`` with it, and with a key."""
    model = f"http://127.0.0.1:{endpoint.server_port}/v1"
    with running(sample_index, "--llm", model, "--llm-model", "tiny", "--workers", "1", NEWSDEX_API_KEY=KEY) as started:
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    """The API's own client."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def fresh(endpoint: Endpoint) -> None:
    """The model tells two sentences, of which the passages support the first."""
    endpoint.asked.clear()
    endpoint.status, endpoint.ends = 200, "stop"

    def script(_: Endpoint, prompt: str) -> Iterator[str]:
        number = number_of(prompt, REAL)
        return letter_by_letter(f"China was Russia's largest supplier of machine tools [{number}]. The pope wept.")

    endpoint.script = script


def test_a_response(client: Any, endpoint: Endpoint) -> None:
    """It has the call of file_search with the passages, and the message with an annotation at each number, of the article that is cited."""
    tool = {"type": "file_search", "vector_store_ids": ["archive"], "max_num_results": 5}
    found = client.responses.create(model="tiny", input=QUESTION, tools=[tool], include=["file_search_call.results"])
    search, message = found.output
    assert (found.status, found.error, found.model) == ("completed", None, "tiny")
    assert (search.type, search.status, search.queries) == ("file_search_call", "completed", [QUESTION])
    [note] = message.content[0].annotations
    assert (note.type, note.filename) == ("file_citation", ARTICLE)
    assert found.output_text[note.index :].startswith("[")
    assert found.output_text.endswith("The pope wept.")
    assert note.file_id in [result.file_id for result in search.results]
    assert {result.attributes["source"] for result in search.results} >= {"Harbour Courier"}
    assert all(0 <= result.score <= 1 and result.text for result in search.results)
    assert found.metadata == {"answerable": "true", "claims": "2", "supported": "1"}
    assert client.vector_stores.files.retrieve(note.file_id, vector_store_id="archive").attributes["title"]
    assert QUESTION in endpoint.asked[0]["messages"][1]["content"]


def test_what_the_archive_does_not_say(client: Any, server: Server, endpoint: Endpoint) -> None:
    """Each form of the answer has the verdict on each sentence, as /answer tells it; a chat completion shows the unsupported one, once."""
    said = endpoint.script
    endpoint.script = lambda model, prompt: iter([*said(model, prompt), " The pope wept."])
    whole = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": QUESTION}])
    chunks = list(client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": QUESTION}], stream=True))
    response = client.responses.create(model="tiny", input=QUESTION)
    with client.responses.create(model="tiny", input=QUESTION, stream=True) as stream:
        streamed = list(stream)[-1].response
    lines = server.post("/answer", {"query": QUESTION}, {"Authorization": f"Bearer {KEY}"}).body.decode().split("\n")
    told = [json.loads(data[6:]) for name, data in pairwise(lines) if name == "event: claims"]
    claims = [claim for each in told for claim in each["claims"]]
    assert [claim["verdict"] for claim in claims] == ["supported", "not in the archive", "not in the archive"]
    assert whole.claims == chunks[-1].claims == response.claims == streamed.claims == claims
    text, notes = whole.choices[0].message.content.split("\n\n")
    assert text.endswith("The pope wept.")
    assert notes.startswith("The passages do not say all of this:\n- not in the archive")
    assert notes.endswith(": The pope wept.")
    assert notes.count("\n") == 1
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    endpoint.script = lambda _model, prompt: iter([f"China was Russia's largest supplier of machine tools [{number_of(prompt, REAL)}]."])
    fine = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": QUESTION}])
    assert [claim["verdict"] for claim in fine.claims] == ["supported"]
    assert fine.choices[0].message.content.endswith("].")


def test_a_response_as_it_is_written(client: Any) -> None:
    """The events, put together, are the response; each has the number after the one before."""
    with client.responses.create(model="tiny", input=QUESTION, stream=True) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    names = [event.type.removeprefix("response.") for event in events]
    assert names[:7] == [
        *("created", "in_progress", "output_item.added", "file_search_call.in_progress", "file_search_call.searching"),
        *("file_search_call.completed", "output_item.done"),
    ]
    assert names[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    whole = events[-1].response
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    added = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    notes = [note.model_dump() for note in whole.output[1].content[0].annotations]
    assert [note if isinstance(note, dict) else note.model_dump() for note in added] == notes
    assert len(added) == 1
    with client.responses.stream(model="tiny", input=QUESTION) as helped:  # which keeps account of the items itself
        helped.until_done()
        assert helped.get_final_response().output_text == whole.output_text


def test_filters_and_a_conversation(client: Any, endpoint: Endpoint) -> None:
    """The filters hold, and what was asked before decides what is read."""
    endpoint.script = lambda _endpoint, _prompt: letter_by_letter("So it is [1].")
    paper = {"type": "eq", "key": "source", "value": "Northgate Bulletin"}
    tool = {"type": "file_search", "vector_store_ids": ["archive"], "filters": paper}
    found = client.responses.create(model="tiny", input=QUESTION, tools=[tool], include=["file_search_call.results"])
    assert {result.attributes["source"] for result in found.output[0].results} == {"Northgate Bulletin"}
    said = [
        {"role": "user", "content": "Who won the election in Senegal?"},
        {"role": "assistant", "content": "Bassirou Diomaye Faye [1]."},
        {"role": "user", "content": [{"type": "input_text", "text": "How old is he?"}]},
    ]
    assert client.responses.create(model="tiny", input=said).status == "completed"
    prompt = endpoint.asked[-1]["messages"][1]["content"]
    assert "Asked before: Who won the election in Senegal?\nQuestion: How old is he?" in prompt
    assert "Senegal's Faye goes from prison cell to presidency" in prompt


def test_nothing_is_made_up(client: Any, endpoint: Endpoint) -> None:
    """Where the archive does not answer, the message says so, and the model is not asked, in each form."""
    found = client.responses.create(model="tiny", input=UNANSWERED)
    assert (found.output_text, found.metadata["answerable"], found.output[1].content[0].annotations) == (REFUSAL, "false", [])
    chat = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": UNANSWERED}])
    assert chat.choices[0].message.content == REFUSAL
    assert endpoint.asked == []


def test_a_model_that_breaks_off(client: Any, endpoint: Endpoint) -> None:
    """What it had said is there, and the response has failed; one that cannot be asked is an error of the server."""
    endpoint.ends = "broken"
    found = client.responses.create(model="tiny", input=QUESTION)
    assert (found.status, found.error.code) == ("failed", "server_error")
    assert found.output_text.startswith("China was")
    with pytest.raises(openai.APIError, match="not complete"):
        list(client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": QUESTION}], stream=True))
    endpoint.status = 400
    with pytest.raises(openai.InternalServerError, match="answered 400"):
        client.responses.create(model="tiny", input=QUESTION)
    with client.responses.create(model="tiny", input=QUESTION, stream=True) as stream:
        assert list(stream)[-1].type == "response.failed"


def test_what_cannot_be_is_told(client: Any) -> None:
    """An unknown model or store, a response that was not kept, and a conversation without a question."""
    for wrong, message in (
        ({"model": "gpt-4o"}, "expected tiny"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, "expected archive"),
        ({"previous_response_id": "resp_1"}, "send the earlier messages in input"),
    ):
        with pytest.raises(openai.NotFoundError, match=message):
            client.responses.create(**{"model": "tiny", "input": QUESTION} | wrong)
    for said in ([], [{"role": "assistant", "content": "x"}], [{"type": "function_call", "name": "x"}], " ", "x" * 4_001):
        with pytest.raises(openai.UnprocessableEntityError):
            client.responses.create(model="tiny", input=said)


def test_a_server_without_a_model(sample_index: Path) -> None:
    """Says how it gets one."""
    with running(sample_index, "--workers", "1") as server:
        assert len(server.get("/v1/models").json["data"]) == 1
        for path, body in (("responses", {"input": "x"}), ("chat/completions", {"messages": [{"role": "user", "content": "x"}]})):
            found = server.post(f"/v1/{path}", {"model": "tiny", **body})
            assert found.status == 404
            assert "--llm-model" in found.json["error"]["message"]


def test_as_open_webui_asks(server: Server) -> None:
    """It lists the models, with its own headers, and posts chat completions or responses with parameters that make no difference here."""
    headers = {"Authorization": f"Bearer {KEY}", "X-OpenWebUI-User-Name": "Ana%20B", "X-OpenWebUI-User-Id": "1"}
    assert [model["id"] for model in server.get("/v1/models", headers).json["data"]][-1] == "tiny"
    assert server.get("/v1/models", headers, user="1").status == 200  # LibreChat, where it is told to
    said = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": QUESTION}]
    chat = {
        "model": "tiny",
        "messages": said,
        "stream": True,
        "temperature": 0.7,
        "max_tokens": 99,
        "stream_options": {"include_usage": True},
    }
    lines = server.post("/v1/chat/completions", chat, headers).body.decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(line[6:]) for line in lines[:-2]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text.startswith("China was Russia's largest supplier")
    [note] = chunks[-2]["choices"][0]["delta"]["annotations"]
    assert note["url_citation"]["url"] == "https://harbour-courier.example/2024/04/26/blinken-beijing-russia"
    assert text[note["url_citation"]["start_index"] : note["url_citation"]["end_index"]].startswith("[")
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    stored = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Who won the election in Senegal?"}]},
        {"type": "reasoning", "id": "r", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Faye."}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": QUESTION}, {"type": "input_image", "image_url": "data:"}],
        },
    ]
    function = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    body = {"model": "tiny", "input": stored, "instructions": "Be kind.", "stream": True, "max_output_tokens": 99, "tools": [function]}
    events = server.post("/v1/responses", body, headers).body.decode()
    last = json.loads(events.strip().split("\n\n")[-1].split("data: ", 1)[1])
    assert (last["type"], last["response"]["status"]) == ("response.completed", "completed")


def test_as_librechat_asks(server: Server) -> None:
    """By LangChain: messages in parts, penalties, a user and stop words; titles without a stream."""
    headers = {"Authorization": f"Bearer {KEY}"}
    said = [{"role": "system", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    more = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "user": "u1", "stop": ["||>"], "n": 1}
    found = server.post("/v1/chat/completions", {"model": "tiny", "messages": said, **more}, headers)
    assert found.status == 200
    [choice] = found.json["choices"]
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")
    assert choice["message"]["content"].startswith("China was Russia's largest supplier")
    assert found.json["object"] == "chat.completion"


def test_as_open_webui_embeds(server: Server) -> None:
    """Its retrieval posts lists of texts to /embeddings with the name of the model alone."""
    headers = {"Authorization": f"Bearer {KEY}"}
    model = server.get("/v1/models", headers).json["data"][0]["id"]
    found = server.post("/v1/embeddings", {"input": ["A ferry.", "A strike."], "model": model}, headers).json
    assert [len(each["embedding"]) for each in found["data"]] == [384, 384]
