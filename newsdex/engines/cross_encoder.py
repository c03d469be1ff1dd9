"""Cross-encoders, which read question and passage together, through sentence-transformers.

Like encoders they must lie on the machine already, bring no code, and have their weights in safetensors files.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from newsdex.encoder import Vectors
from newsdex.engines.model_files import SAFE, check_modules, why_not
from newsdex.errors import ModelError


class Reranker:
    """A cross-encoder with one output, by its name on the hub (already downloaded) or its folder."""

    def __init__(self, model: str) -> None:
        """Raises ModelError when the model is not on this machine, cannot be used or has several outputs."""
        try:
            check_modules(model)
            # With an activation given, none is imported by the name that the model's configuration has.
            self._model = CrossEncoder(model, activation_fn=torch.nn.Identity(), **SAFE)
        except (OSError, ValueError, ImportError) as error:
            raise ModelError(why_not(model, error, "cross-encoder")) from error
        if self._model.num_labels != 1:
            raise ModelError(f"the cross-encoder {model!r} has {self._model.num_labels} outputs, expected 1, the relevance")

    def points(self, question: str, passages: Sequence[str]) -> Vectors:
        """The model's own output for each passage before any activation, float32, (len(passages),): the larger, the more relevant."""
        found = self._model.predict(
            [(question, passage) for passage in passages], activation_fn=torch.nn.Identity(), show_progress_bar=False
        )
        return np.asarray(found, np.float32).reshape(len(passages))
