"""Any other model, and any GPU, through sentence-transformers; the reference that the parity tests judge the others by.

newsdex itself opens no network connection: a model must lie on the machine already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from sentence_transformers import SentenceTransformer

from newsdex.encoder import ModelCard, TokenVectors, Vectors, token_weights
from newsdex.errors import ModelError


class SentenceTransformersEncoder:
    """A sentence-transformers model by its name on the hub (already downloaded) or its folder."""

    def __init__(self, model: str, card: ModelCard | None = None) -> None:
        """``card`` is computed from the model's weights and tokenizer unless it is given.

        Raises ModelError when the model is not on this machine.
        """
        try:
            self._model = SentenceTransformer(model, local_files_only=True)
        except (OSError, ValueError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(
                f"the model {model!r} is not on this machine ({first}). Give a folder, or fetch it first: hf download {model}"
            ) from error
        self._given = card
        self._name = model

    @cached_property
    def card(self) -> ModelCard:
        if self._given:
            return self._given
        model = self._model
        weights = hashlib.sha256()
        for name, tensor in sorted(model.state_dict().items()):
            weights.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
        tokenizer = hashlib.sha256(model.tokenizer.backend_tokenizer.to_str().encode()).hexdigest()
        prompts = model.prompts
        return ModelCard(
            name=self._name,
            weights=weights.hexdigest(),
            tokenizer=tokenizer,
            dimension=self._model.encode(["a"]).shape[1],
            max_tokens=int(model.get_max_seq_length() or 512),
            pooling=" > ".join(type(module).__name__ for module in model),
            question_prefix=prompts.get("query") or "",
            passage_prefix=prompts.get("document") or prompts.get("passage") or "",
        )

    def encode_question(self, question: str) -> Vectors:
        return self._encode([question], self.card.question_prefix)[0]  # type: ignore[no-any-return]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.card.dimension), np.float32)
        return self._encode(texts, self.card.passage_prefix)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encodings = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encodings["input_ids"]]

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        table = self._model[0].auto_model.get_input_embeddings().weight.detach().cpu().float().numpy()
        encodings = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=True, verbose=False)
        tokens = []
        for ids in encodings["input_ids"]:
            rows = table[ids]
            rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            tokens.append(TokenVectors(token_weights(np.array(ids, np.intp), 0), rows))
        return tokens

    def _encode(self, texts: Sequence[str], prefix: str) -> Vectors:
        vectors = self._model.encode(
            list(texts), prompt=prefix or "", normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return vectors.astype(np.float32, copy=False)  # type: ignore[no-any-return]
