"""Models worth having, which of them are here, and how fast they are here. docs/MODELS.md has the sources."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, PACKAGES
from newsdex.engines.model import hub_folder
from newsdex.engines.pairs import PAIRS

# Passages and questions of a measurement, and of them those that warm the engine up.
_REPEATED, _WARM, _BATCHES = 8, 4, 3
_MOST_FETCHED = 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """A model: ``size`` in millions of parameters, ``languages`` in words, ``window`` in tokens, the ``family`` of its configuration."""

    name: str
    size: int
    languages: str
    window: int
    licence: str
    family: str

    @property
    def package(self) -> str:
        """The package that carries it; empty for one that is fetched from a hub."""
        return PACKAGES.get(self.name, "")

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return importlib.util.find_spec(self.package.replace("-", "_")) is not None if self.package else self.name in fetched()

    @property
    def command(self) -> str:
        """What brings it here."""
        return f"pip install {self.package}" if self.package else f"hf download {self.name}"


OFFERS = (
    Offer(DEFAULT_MODEL, 23, "English", 256, "Apache-2.0", "bert"),
    Offer(MULTILINGUAL_MODEL, 118, "about 100", 512, "MIT", "bert"),
    Offer("MongoDB/mdbr-leaf-ir", 23, "English", 512, "Apache-2.0", "bert"),
    Offer("Snowflake/snowflake-arctic-embed-xs", 22, "English", 512, "Apache-2.0", "bert"),
    Offer("Snowflake/snowflake-arctic-embed-s", 33, "English", 512, "Apache-2.0", "bert"),
    Offer("Snowflake/snowflake-arctic-embed-m", 110, "English", 512, "Apache-2.0", "bert"),
    Offer("BAAI/bge-small-en-v1.5", 33, "English", 512, "MIT", "bert"),
    Offer("intfloat/e5-small-v2", 33, "English", 512, "MIT", "bert"),
    Offer("thenlper/gte-small", 33, "English", 512, "MIT", "bert"),
    Offer("sentence-transformers/all-mpnet-base-v2", 110, "English", 384, "Apache-2.0", "mpnet"),
    Offer("intfloat/multilingual-e5-base", 278, "about 100", 512, "MIT", "xlm-roberta"),
    Offer("ibm-granite/granite-embedding-small-english-r2", 47, "English", 8192, "Apache-2.0", "modernbert"),
    Offer("ibm-granite/granite-embedding-english-r2", 149, "English", 8192, "Apache-2.0", "modernbert"),
)


def fetched() -> list[str]:
    """The names of models that the libraries of the hub have fetched, at most 1,000; other things than text models may be among them."""
    try:
        found = [entry.name for entry in os.scandir(hub_folder()) if entry.name.startswith("models--")]
    except OSError:
        return []
    return sorted(name.removeprefix("models--").replace("--", "/") for name in found[:_MOST_FETCHED])


def others() -> Iterator[str]:
    """Those of the fetched models that are not among ``OFFERS`` and that have sentence-transformers' list of modules."""
    known = {offer.name for offer in OFFERS} | {offer.name.rpartition("/")[2] for offer in OFFERS}
    for name in fetched():
        snapshots = Path(hub_folder(), f"models--{name.replace('/', '--')}", "snapshots")
        if name not in known and any(snapshots.glob("*/modules.json")):
            yield name


def measure(name: str) -> tuple[float, float]:
    """Median CPU seconds for a question and a passage of about twenty tokens, by the engine in use, loaded. Raises ModelError."""
    from newsdex.engines import open_build_encoder, open_query_encoder

    questions, passages = ([pair[place] for pair in PAIRS[:_REPEATED]] for place in (0, 1))
    asked = open_query_encoder(name)
    for question in questions[:_WARM]:
        asked.encode_questions([question])
    a_question = median(_seconds(partial(asked.encode_questions, [question])) for question in questions)
    built = open_build_encoder(name)
    built.encode_passages(passages * 8)
    a_batch = median(_seconds(partial(built.encode_passages, passages * 8)) for _ in range(_BATCHES))
    return a_question, a_batch / len(passages) / 8


def _seconds(run: Callable[[], object]) -> float:
    """The CPU time of a call."""
    began = time.process_time()
    run()
    return time.process_time() - began
