"""Cross-encoders of the known families: they read question and passage together. Any other is an error: nothing of it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from newsdex.encoder import Vectors
from newsdex.engines.description import NotKnown
from newsdex.engines.families import FAMILIES
from newsdex.engines.model import open_model
from newsdex.engines.numpy_network import headed
from newsdex.errors import ModelError
from newsdex.values import processors

if TYPE_CHECKING:
    from newsdex.engines.openvino_network import OpenVinoNetwork


_ON_THE_HUB = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def _unusable(name: str, why: str) -> ModelError:
    fetched = name if _ON_THE_HUB.fullmatch(name) and not Path(name).is_dir() else "cross-encoder/ms-marco-MiniLM-L6-v2"
    return ModelError(
        f"the cross-encoder {name!r} cannot be used: {why}. newsdex runs those of {', '.join(FAMILIES)} from a folder on this machine with "
        f"config.json, model.safetensors and tokenizer.json. Give one that has them, or fetch one: hf download {fetched}"
    )


class Reranker:
    """A cross-encoder with one or two outputs, by its name on the hub (already downloaded) or its folder."""

    def __init__(self, name: str, *, bfloat16: bool = True) -> None:
        """Without ``bfloat16`` all is float32. Raises ModelError when the model is not on this machine or cannot be used."""
        folder = Path(name)
        if folder.is_dir() and not any((folder / file).exists() for file in ("config.json", "modules.json")):
            raise _unusable(name, "the folder has no config.json")
        try:
            self._model = open_model(name, pairs=True)
        except NotKnown as error:
            raise _unusable(name, str(error)) from error
        self._bfloat16 = bfloat16

    def load(self) -> None:
        """Load now what the first passages would load: about a second. Not in a process that will fork."""
        self._network  # noqa: B018 - it is made

    def points(self, question: str, passages: Sequence[str]) -> Vectors:
        """How relevant each passage is, log-odds, float32, (len(passages),): the model's output, or the second of two less the first."""
        found = self.outputs(question, passages)
        return np.asarray(found[:, -1] - found[:, 0] if found.shape[1] > 1 else found[:, 0], np.float32)

    def outputs(self, question: str, passages: Sequence[str]) -> Vectors:
        """The model's own outputs for each passage before any activation, float32, (len(passages), one or two)."""
        network = self._model.network
        ids, kinds = self._model.tokens.paired(question, passages)
        told = kinds if self._model.description.kinds and network.kinds is not None else None
        most = max(map(max, told)) if told else 0
        if network.kinds is not None and most >= len(network.kinds):
            raise ModelError(
                f"the cross-encoder {self._model.name!r} has {len(network.kinds)} kinds of tokens, and its tokenizer {most + 1}"
            )
        found = headed(network, self._network.pooled(ids, told))
        if not np.isfinite(found).all():
            raise ModelError(
                f"the cross-encoder {self._model.name!r} computes outputs that are not numbers. Fetch it again, or choose another"
            )
        return found

    @cached_property
    def _network(self) -> OpenVinoNetwork:
        from newsdex.engines.openvino_network import OpenVinoNetwork

        return OpenVinoNetwork(self._model.network, bfloat16=self._bfloat16, threads=processors())
