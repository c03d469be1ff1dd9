"""A model that a server runs: any that speaks OpenAI's /v1/embeddings, such as Ollama, vLLM, llama.cpp, TEI, OpenAI or newsdex itself.

What it is named as, ``openai:NAME@URL``, is stored with an index, which may come from anybody: no server on another machine is asked unless
its host is in the variable NEWSDEX_EMBEDDINGS_HOSTS. The key is in a variable too and is not stored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import xxhash

from newsdex import foreign
from newsdex.encoder import SERVED, ModelCard, Tokens, Vectors
from newsdex.engines.description import prefixes
from newsdex.engines.model import kept_card
from newsdex.engines.pairs import PAIRS, typical_cosines
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.errors import ModelError, UsageError, command
from newsdex.post import Unanswered, post

KEY_VARIABLE, HOSTS_VARIABLE = "NEWSDEX_EMBEDDINGS_KEY", "NEWSDEX_EMBEDDINGS_HOSTS"
_LOCAL = ("127.0.0.1", "::1", "localhost")
_WINDOW = 512  # tokens by the default model's count, for a server does not say its own
BATCH = 15  # texts of a request, and one by which the model is known: a small server answers so many before it gives up
_TOO_MANY = (400, 413, 422)  # what a server that takes fewer at once answers, for instance
_SECONDS = 120.0  # for an answer, which may include loading the model
_FEW_SECONDS = (20.0, 60.0)  # for each try of a question, for which a person waits
_FEW = len(_FEW_SECONDS)  # tries of a question
WAITS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before each try
# The values of input_type that newsdex's own server and NVIDIA's know, and the mean cosine between the vectors of both below which a server
# tells them apart: multilingual-e5-small has 0.95, a server that computes the same twice 1.
_QUESTION, _PASSAGE, _SAME = "query", "passage", 0.999
_PLAIN, _TYPED = "the server's", "the server's, by input_type"  # the pooling of a card
# The least cosine of vectors of one text by one model. With all-MiniLM-L6-v2, bfloat16 has .9999 with float32, weights in blocks of 8 bits
# .999 and of 4 bits .87, the least of 96 passages; multilingual-e5-small, of the same width, .13 at most.
SAME_MODEL = 0.8
# What is embedded with each request of a build: in one run, all have the same vector of it.
_PROBE = "The minister of finance visited the harbour."
_PROVEN = 60.0  # seconds for which a server that has proved to run an index's model is taken to do so
_READING = 2  # increase this when a server is measured differently
_LONGEST_WAIT = 60.0  # that a server may ask for
_AGAIN = (408, 409, 425, 429)  # and from 500 on
_SPARE, _EACH = 1 << 20, 200_000  # bytes of an answer, and for each vector
_MOST_NAME = 1_000  # characters
_BY_KEYWORDS = ". To search without it, by keywords alone: --mode lexical"


class ServedEncoder:
    """A model on a server, ``openai:NAME@URL``: its vectors, scaled to unit length. The default model counts and weighs tokens."""

    def __init__(self, model: str, card: ModelCard | None = None, *, patient: bool = False, like: ModelCard | None = None) -> None:
        """``card`` is that of an index; without one it is measured. ``patient``, for a build: measure anew, and try for half a minute;
        an update sends input_type if its index does, whose card is ``like`` it. Raises UsageError for a wrong name or host.
        """
        self._model = model
        self._name, self._address = _parsed(model)
        self._given = card
        self._like = like
        self._patient = patient
        self._tries = len(WAITS) if patient else _FEW
        self._dimension = card.dimension if card else 0  # as soon as it is known
        self._most = BATCH + 1  # texts that the server takes at once
        self._probed: dict[str, Vectors] = {}  # the first vector of the probe in this build, by its kind
        self._proof = _Proof(lambda: None, "")

    @cached_property
    def card(self) -> ModelCard:
        """Raises ModelError."""
        if self._given:
            return self._given
        stamp = f"served-{xxhash.xxh3_128_hexdigest(f'{_READING} {self._model}'.encode())}"
        card = kept_card(stamp, self._measured, fresh=self._patient)
        self._dimension = card.dimension
        return replace(card, name=self._model)

    def prove_by(self, witness: Callable[[], tuple[str, Vectors] | None], folder: str) -> None:
        """Let the server prove, with the next question and then once a minute, that it has the model of the index in ``folder``.
        ``witness`` returns a text of it with its vector, (dimension,), or None. Questions raise ModelError if the server has another model.
        """
        self._proof = _Proof(witness, folder)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        texts = [self.card.question_prefix + question for question in questions]
        proof = self._proof  # another thread may set that of a later version meanwhile
        if not texts or monotonic() < proof.until or not (witness := proof.of()):
            return self._embedded(texts, _QUESTION)
        passage = self.card.passage_prefix + witness[0]
        if self.card.pooling == _TYPED:  # then a request has texts of one kind
            found, again = self._embedded(texts, _QUESTION), self._embedded([passage], _PASSAGE)
        else:
            found, again = np.split(self._embedded([*texts, passage], _QUESTION), [len(texts)])
        if not same_vectors(again, witness[1][None]):
            raise self._error(
                "gives other vectors than those of the index: it runs another model now. Run the old one there, or build the index again: "
                f"{self._rebuild()}{_BY_KEYWORDS}"
            )
        proof.until = monotonic() + _PROVEN
        return found

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embedded([self.card.passage_prefix + text for text in texts], _PASSAGE)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._counter.count_tokens(texts)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        return self._counter.tokens(texts)

    @cached_property
    def _counter(self) -> NumpyEncoder:
        return NumpyEncoder()

    def _measured(self) -> ModelCard:
        typed = self._like.pooling == _TYPED if self._like else self._tells_apart()
        question, passage = ("", "") if typed else prefixes(self._name, {}, "")
        card = ModelCard(
            name=self._model,
            weights=f"served as {self._name}",
            tokenizer="the server's",
            dimension=self._dimension,
            max_tokens=_WINDOW,
            pooling=_TYPED if typed else _PLAIN,
            question_prefix=question,
            passage_prefix=passage,
        )
        # Encoding needs its prefixes. It stays apart, for a card without cosines must not stay here if they cannot be measured.
        encoder = ServedEncoder(self._model, card, patient=self._patient)
        encoder._probed = self._probed
        related, unrelated = typical_cosines(encoder)
        return replace(card, dimension=encoder._dimension, related=related, unrelated=unrelated)

    def _tells_apart(self) -> bool:
        """Whether the server embeds a question otherwise than a passage if ``input_type`` says which it is. If so, prefixes are its own."""
        for _ in range(2):
            try:
                question, passage = (self._asked(PAIRS[0], kind, _FEW) for kind in (_QUESTION, _PASSAGE))
            except ModelError:
                # The server does not know the key, or is down for a while, which the next request waits for or raises
                self._asked(PAIRS[0], "", self._tries)
            else:
                return bool((question * passage).sum(axis=1).mean() < _SAME)
        return False

    def _embedded(self, texts: Sequence[str], kind: str) -> Vectors:
        if not texts:
            return np.empty((0, self.card.dimension), np.float32)
        kind = kind if self.card.pooling == _TYPED else ""
        portions = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        if not self._patient:
            return np.concatenate([self._asked(some, kind, self._tries) for some in portions])
        return np.concatenate([self._of_one_model(self._asked([*some, _PROBE], kind, self._tries), kind) for some in portions])

    def _of_one_model(self, vectors: Vectors, kind: str) -> Vectors:
        """``vectors`` without the last, that of the probe. Raises ModelError where it is another than before: then the server has changed
        its model since the last request.
        """
        if not same_vectors(vectors[-1:], self._probed.setdefault(kind, vectors[-1])[None]):
            raise self._error("gives other vectors than before: it has changed its model meanwhile. Run the same command again")
        return vectors[:-1]

    def _asked(self, texts: Sequence[str], kind: str, tries: int) -> Vectors:
        """The vectors of a few texts, all of the ``kind`` that input_type says unless it is "", in one request if the server takes so many.
        Raises ModelError.
        """
        most, found, start = min(self._most, len(texts)), list[Vectors](), 0
        while start < len(texts):
            try:
                found.append(self._answered(texts[start : start + most], kind, tries))
                start += most
            except _Refused:
                if most == 1:
                    raise
                most //= 2
        if most < len(texts):  # only now: it may have refused something else
            # If it refused nothing, it may take more again: then the texts of that request were too long together.
            self._most = most if most < self._most else 2 * most
        return np.concatenate(found)

    def _answered(self, texts: Sequence[str], kind: str, tries: int) -> Vectors:
        """The vectors of the texts of one request. Raises ModelError."""
        told = {"model": self._name, "input": [text.encode(errors="replace").decode() or " " for text in texts], "encoding_format": "float"}
        if kind:
            told["input_type"] = kind
        key = os.environ.get(KEY_VARIABLE, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        most = _SPARE + _EACH * len(texts)
        failed, asked_for = "", 0.0
        patience = _FEW_SECONDS if self._tries == _FEW else (_SECONDS,) * tries
        for wait, seconds in zip(WAITS[:tries], patience, strict=False):
            if wait or asked_for:
                sleep(max(wait, asked_for))
            asked_for = 0.0
            try:
                reply = post(self._address, json.dumps(told).encode(), headers, seconds, most + 1)
            except Unanswered as error:
                failed = str(error)
                continue
            if reply.status == 200:  # noqa: PLR2004 - as HTTP has it
                try:
                    return self._vectors(foreign.parsed(reply.body, most, 8 * len(texts) + 100), len(texts))
                except ValueError as error:
                    raise self._error(f"did not answer with a list of vectors: {error}") from error
            failed = f"answered {reply.status}{_reason(reply.body)}"
            if 300 <= reply.status < 400:  # noqa: PLR2004
                raise self._error(f"{failed}, a redirect, which is not followed")
            if reply.status < 500 and reply.status not in _AGAIN:  # noqa: PLR2004
                raise self._error(failed, _Refused if reply.status in _TOO_MANY else ModelError)
            after = reply.headers.get("retry-after", "")
            longest = _LONGEST_WAIT if self._tries > _FEW else max(WAITS[:_FEW])
            asked_for = min(float(after), longest) if after.isdecimal() and len(after) < 10 else 0.0  # noqa: PLR2004
        cure = "" if self._patient else _BY_KEYWORDS
        raise self._error(f"{failed} ({len(WAITS[:tries])} tries){cure}")

    def _vectors(self, answer: Any, count: int) -> Vectors:
        """Unit vectors, float32, (count, dimension). Raises ValueError, and ModelError for another dimension."""
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list) or len(data) != count or not all(isinstance(each, dict) for each in data):
            raise ValueError(f"expected {count} vectors, and it has {len(data) if isinstance(data, list) else 'no data'}")
        if sorted(foreign.whole_number(each.get("index"), "index") for each in data) != list(range(count)):
            raise ValueError("expected each index once")
        rows = [each.get("embedding") for each in sorted(data, key=lambda each: each["index"])]
        if not all(isinstance(row, list) and row and {*map(type, row)} <= {float, int} for row in rows):
            raise ValueError("expected numbers")
        if len({*map(len, rows)}) > 1:
            raise ValueError("vectors of several lengths")
        try:
            with np.errstate(all="ignore"):
                vectors = np.array(rows, np.float64)
                lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        except OverflowError as error:
            raise ValueError(str(error)) from error
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise ValueError("numbers that are not finite, or all 0")
        expected = self._dimension or vectors.shape[1]
        if vectors.shape[1] != expected:
            raise self._error(
                f"answered with vectors of {vectors.shape[1]} numbers, expected {expected}. If it serves another model now, build the "
                f"index again: {self._rebuild()}"
            )
        self._dimension = expected
        return np.asarray(vectors / lengths, np.float32)

    def _rebuild(self) -> str:
        return command(f"rebuild --model {self._model}", self._proof.folder)

    def _error(self, what: str, kind: type[ModelError] = ModelError) -> ModelError:
        return kind(f"the server of embeddings at {self._address} {what}")


class _Refused(ModelError):
    """The server takes no such request."""


class _Proof:
    """What proves that a server runs the model of a version of an index, and until when it is taken to: ``witness`` is called once."""

    def __init__(self, witness: Callable[[], tuple[str, Vectors] | None], folder: str) -> None:
        self._witness = witness
        self.folder = folder
        self.until = 0.0

    def of(self) -> tuple[str, Vectors] | None:
        """A text with its vector, or None. The function, which keeps a version of the index open, is let go."""
        found = self._witness()
        self._witness = lambda: found
        return found


def same_vectors(some: Vectors, others: Vectors) -> bool:
    """Whether the rows of both, unit vectors of the same texts, (n, d), can be of one served model."""
    return bool(((some * others).sum(axis=1) > SAME_MODEL).all())


def _reason(body: bytes) -> str:
    text = "".join(c if c.isprintable() else " " for c in body[:300].decode(errors="replace"))
    return f": {text}" if text.strip() else ""


def _what_is_wrong(name: str, url: str) -> str:
    """What is wrong with a model's ``name`` or its server's ``url``, "" for nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"its URL is invalid: {error}"
    wrong = {
        "its URL has a user or a password": "://" in name,
        "it has no URL that begins with http:// or https:// and a host": parts.scheme not in ("http", "https") or not host,
        "its URL has a query or a fragment": parts.query or parts.fragment,
        "its URL has characters that no URL has": not (url.isascii() and url.isprintable()) or " " in url,
        "it has no name before the @": not name.strip(),
        f"it has more than {_MOST_NAME} characters": len(name) + len(url) >= _MOST_NAME,
    }
    return next((why for why, holds in wrong.items() if holds), "")


def _parsed(model: str) -> tuple[str, str]:
    """The name at the server, and the address that embeds."""
    name, _, url = model.removeprefix(SERVED).rpartition("@")
    if why := _what_is_wrong(name, url):
        named = f"{model.partition('://')[0]}://...@{url}" if "://" in name else model  # without a password
        raise UsageError(
            f"{named[:200]!r} is not a model on a server: {why}. Expected openai:NAME@URL, such as "
            f"openai:nomic-embed-text@http://127.0.0.1:11434/v1. A key goes in {KEY_VARIABLE}"
        )
    host = urlsplit(url).hostname or ""
    allowed = {each.strip().lower() for each in os.environ.get(HOSTS_VARIABLE, "").split(",")}
    if host not in _LOCAL and host not in allowed:
        raise UsageError(
            f"the model {name} is on the server {host}, which would receive texts and questions. To allow this: export "
            f"{HOSTS_VARIABLE}={host}"
        )
    return name, f"{url.rstrip('/')}/embeddings"
