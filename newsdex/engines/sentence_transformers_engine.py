"""Any other model, and any GPU, through sentence-transformers; the reference of the parity tests. newsdex opens no network connection, runs
no code that a model brings, and unpickles nothing: weights are read from safetensors.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

# Before the library is loaded, which otherwise looks some files up at its hub even when it is told to read local files only.
os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import get_device_name, load_file_path
from tokenizers import Tokenizer

from newsdex.encoder import ModelCard, Tokens, Vectors, token_weights
from newsdex.engines.description import AGAIN, Config, is_untrained, module_list, prompts_of
from newsdex.engines.model import SPECIAL, fetched_folder, languages, warn_untrained
from newsdex.engines.pairs import typical_cosines
from newsdex.engines.tokens import in_small_letters
from newsdex.errors import ModelError

# As options of sentence-transformers: no network, no code of the model's own, nothing unpickled.
_SAFE = {"local_files_only": True, "trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}

# The parts of sentence-transformers that a model may be made of, by every name that its versions write.
_KNOWN = re.compile(
    r"sentence_transformers\.(?:[a-z_]+\.)*"
    "(?:Transformer|Pooling|Normalize|Dense|StaticEmbedding|LayerNorm|Dropout|WeightedLayerPooling|Router|Asym|LogitScore)"
)
# Where a model has no window, and for one with a larger window: a passage of more says too many things to be found by one vector.
_MOST_TOKENS = 512
_NAMED = 3  # of missing tensors
_BATCH_CPU, _BATCH_GPU = 32, 256  # passages, which sentence-transformers sorts by length


class SentenceTransformersEncoder:
    """A sentence-transformers model by its name on the hub (already downloaded) or its folder."""

    def __init__(self, model: str, card: ModelCard | None = None, *, reduced: bool = False) -> None:
        """``card`` is computed from weights and tokenizer unless given. ``reduced``, for many passages on a GPU, multiplies matrices in
        bfloat16. Raises ModelError when the model is not on this machine or cannot be used.
        """
        try:
            _check_modules(model)
            self._model = _load(model)
            self._without = _without_weights(self._model)
            needed = _needed(model, self._model, self._without)
            self._model.to(get_device_name())
        except (OSError, ValueError, ImportError, TypeError) as error:  # TypeError: of an unknown key
            raise ModelError(_why_not(model, error)) from error
        if needed:
            named = ", ".join(needed[:_NAMED]) + f" and {len(needed) - _NAMED} more" * (len(needed) > _NAMED)
            raise ModelError(f"the weights of the model {model!r} lack tensors that its config.json asks for: {named}. {AGAIN}")
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        named = next(iter(getattr(config, "architectures", None) or ()), "")  # the class of the network in the files
        if not card and is_untrained(named) and load_file_path(model, "modules.json", local_files_only=True) is None:
            warn_untrained(model, named)
        self._given = card
        self._name = model
        if _ids(self._model, [""]) is None:
            raise ModelError(f"the model {model!r} has no tokenizer of its own that newsdex could count with. Choose another model")
        self._reduced = reduced

    @cached_property
    def card(self) -> ModelCard:
        if self._given:
            return self._given
        model = self._model
        weights = hashlib.sha256()
        for name, tensor in sorted(model.state_dict().items()):
            if name in self._without:  # which no vector depends on, and is another one in each process
                continue
            weights.update(name.encode() + tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        backend = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
        # The library makes empty prompts of those that the file does not have.
        path = load_file_path(self._name, "config_sentence_transformers.json", local_files_only=True)
        question, passage = prompts_of(Config.read(Path(path)) if path else Config(Path(), {}), self._name)
        special = backend.num_special_tokens_to_add(False)
        try:
            dimension = int(model.encode(["a"]).shape[1])
        except KeyError as error:
            raise _no_vector(self._name, model, error) from error
        window = int(min(model.get_max_seq_length() or math.inf, _MOST_TOKENS))
        card = ModelCard(
            name=self._name,
            weights=weights.hexdigest(),
            tokenizer=hashlib.sha256(backend.to_str().encode()).hexdigest(),
            dimension=dimension,
            max_tokens=window - max(0, special - SPECIAL),
            pooling=" > ".join(type(module).__name__ for module in model),
            question_prefix=question,
            passage_prefix=passage,
            languages=" ".join(languages(getattr(model, "_model_card_text", None) or "")),
        )
        self._given = card  # encoding needs the prefixes
        related, unrelated = typical_cosines(self)
        return replace(card, related=related, unrelated=unrelated)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_query, questions, self.card.question_prefix)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.card.dimension), np.float32)
        return self._encode(self._model.encode_document, texts, self.card.passage_prefix)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in _ids(self._model, texts) or ()]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        return Tokens.of(_ids(self._model, texts) or (), lambda ids: (token_weights(ids, 0), self._table[ids]))

    @cached_property
    def _table(self) -> Vectors:
        """The input embeddings of all tokens, float32, (vocabulary, d)."""
        first: Any = self._model[0]
        embedding = first.embedding if hasattr(first, "embedding") else first.auto_model.get_input_embeddings()
        return embedding.weight.detach().cpu().float().numpy()  # type: ignore[no-any-return]

    def _encode(self, encode: Any, texts: Sequence[str], prefix: str) -> Vectors:
        device = self._model.device.type
        size = _BATCH_CPU if device == "cpu" else _BATCH_GPU
        texts = in_small_letters(texts, lambda: _ids(self._model, ["News"]) != _ids(self._model, ["news"]))
        with torch.autocast(device, torch.bfloat16, enabled=self._reduced):
            try:
                vectors = encode(
                    texts, prompt=prefix, batch_size=size, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
                )
            except IndexError as error:  # of the table of embeddings
                raise ModelError(f"the tokenizer of the model {self._name!r} has tokens that the model has not. {AGAIN}") from error
        return vectors.astype(np.float32, copy=False)  # type: ignore[no-any-return]


def _load(model: str) -> SentenceTransformer:
    """The model on the CPU, without what transformers says of its weights. Raises OSError, ValueError or ImportError."""
    logging = transformers.utils.logging
    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        return SentenceTransformer(model, device="cpu", **_SAFE)
    except (RuntimeError, SafetensorError) as error:  # tensors of other shapes, a file that is cut off
        raise ValueError(str(error)) from error
    finally:
        logging.set_verbosity(before)


def _without_weights(model: SentenceTransformer) -> dict[str, torch.nn.Parameter]:
    """The parameters that the files have no tensors for, which transformers made of random numbers, by their names."""
    found = {}
    for name, network in model.named_modules():
        if isinstance(network, transformers.PreTrainedModel):
            for inner, tensor in network.named_parameters():
                if not getattr(tensor, "_is_hf_initialized", False):  # it sets this where it has found one
                    found[f"{name}.{inner}"] = tensor
    return found


def _no_vector(name: str, model: SentenceTransformer, missing: KeyError) -> ModelError:
    """What to say of modules that lack what another one makes."""
    kinds = [type(module).__name__ for module in model]
    why = "it lists no Pooling" if "Pooling" not in kinds else f"a module needs {missing.args[0]!r}, which none before it makes"
    expected = "expected Transformer, Pooling, and then the others"
    return ModelError(f"the model {name!r} makes no vectors: its modules.json lists {', '.join(kinds)}, {expected}; {why}. {AGAIN}")


def _needed(name: str, model: SentenceTransformer, parameters: Mapping[str, torch.nn.Parameter]) -> list[str]:
    """The names, within their networks, of those ``parameters`` that a vector depends on, as it does not on BERT's pooler."""
    if not parameters:
        return []
    given = [parameter.requires_grad_() for parameter in parameters.values()]
    with torch.enable_grad():
        try:
            made = model.eval()(model.preprocess(["News of the day"]))["sentence_embedding"].sum()
        except KeyError as error:
            raise _no_vector(name, model, error) from error
        gradients = torch.autograd.grad(made, given, allow_unused=True)
    names = [re.sub(r"^\d+\.(?:auto_)?model\.", "", name) for name in parameters]
    return [name for name, gradient in zip(names, gradients, strict=True) if gradient is not None]


def _ids(model: SentenceTransformer, texts: Sequence[str]) -> list[list[int]] | None:
    """The tokens of each text, special ones left out, however long it is; None when the model has no tokenizer that tells them."""
    tokenizer: Any = getattr(model, "tokenizer", None)
    if isinstance(tokenizer, Tokenizer):
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    if not hasattr(tokenizer, "backend_tokenizer"):
        return None
    return list(tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)["input_ids"])


def _check_modules(model: str) -> None:
    """Look at a model's modules before the library imports them. Raises ModelError for code of its own, OSError if it is not here."""
    path = load_file_path(model, "modules.json", local_files_only=True)
    if path is None:
        return
    for module in module_list(Path(path)):
        kind = module.get("type")
        if not isinstance(kind, str) or not _KNOWN.fullmatch(kind):
            raise ModelError(
                f"the model {model!r} needs code of its own to run ({str(kind)[:80]}), which newsdex does not. Choose another model"
            )


def _why_not(model: str, error: Exception) -> str:
    """What is wrong with a model that could not be loaded, and what to do."""
    first = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
    if "trust_remote_code" in str(error):
        return f"the model {model!r} needs code of its own to run, which newsdex does not. Choose another model"
    if "mismatched" in str(error):
        return f"the weights of the model {model!r} have tensors of other shapes than its config.json asks for. {AGAIN}"
    if "safetensors" in str(error):
        return f"the model {model!r} has no weights in a safetensors file ({first}). Choose another version of it, or another model"
    if Path(model).is_dir() or fetched_folder(model):
        return f"the model {model!r} cannot be loaded: {first}. {AGAIN}"
    reason = "" if "huggingface.co" in first else f" ({first})"
    named = model if "/" in model else f"OWNER/{model}"
    how = f"Give a folder, one of those that `newsdex models` lists, or fetch it first: hf download {named}"
    return f"the model {model!r} is not on this machine{reason}. {how}"
