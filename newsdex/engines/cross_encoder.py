"""Cross-encoders, which read question and passage together, through sentence-transformers.

Like encoders they must lie on the machine already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from newsdex.encoder import Vectors
from newsdex.errors import ModelError


class Reranker:
    """A cross-encoder with one output, by its name on the hub (already downloaded) or its folder."""

    def __init__(self, model: str) -> None:
        """Raises ModelError when the model is not on this machine or has several outputs."""
        try:
            self._model = CrossEncoder(model, local_files_only=True)
        except (OSError, ValueError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(
                f"the cross-encoder {model!r} is not on this machine ({first}). Give a folder, or fetch it first: hf download {model}"
            ) from error
        if self._model.num_labels != 1:
            raise ModelError(f"the cross-encoder {model!r} has {self._model.num_labels} outputs, expected 1, the relevance")

    def points(self, question: str, passages: Sequence[str]) -> Vectors:
        """The model's own output for each passage before any activation, float32, (len(passages),): the larger, the more relevant."""
        found = self._model.predict(
            [(question, passage) for passage in passages], activation_fn=torch.nn.Identity(), show_progress_bar=False
        )
        return np.asarray(found, np.float32).reshape(len(passages))
