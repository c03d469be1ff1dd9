"""What a model on this machine may bring: numbers and settings, and no code."""

from __future__ import annotations

import os
import re
from pathlib import Path

from newsdex import foreign
from newsdex.errors import ModelError

# Before the library is loaded, which otherwise looks some files up at its hub even when it is told to read local files only.
os.environ["HF_HUB_OFFLINE"] = "1"
from sentence_transformers.util import load_file_path

# As options of sentence-transformers: no network, no code of the model's own, nothing unpickled.
SAFE = {"local_files_only": True, "trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}

_LARGEST = 1 << 20  # bytes of a list of modules
# The parts of sentence-transformers that a model may be made of, by every name that its versions write.
_KNOWN = re.compile(
    r"sentence_transformers\.(?:[a-z_]+\.)*"
    "(?:Transformer|Pooling|Normalize|Dense|StaticEmbedding|LayerNorm|Dropout|WeightedLayerPooling|Router|Asym|LogitScore)"
)


def check_modules(model: str) -> None:
    """Look at what a model says it is made of before the library imports it.

    Raises ModelError when that is code of its own, and ValueError or OSError when it cannot be read.
    """
    path = load_file_path(model, "modules.json", local_files_only=True)
    if path is None:
        return
    with Path(path).open("rb") as file:
        modules = foreign.parsed(file.read(_LARGEST + 1), _LARGEST)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise ValueError("its modules.json is not a list of modules")
    for module in modules:
        kind = module.get("type")
        if not isinstance(kind, str) or not _KNOWN.fullmatch(kind):
            raise ModelError(
                f"the model {model!r} needs code of its own to run ({str(kind)[:80]}), which newsdex does not. Choose another model"
            )


def why_not(model: str, error: Exception, kind: str = "model") -> str:
    """What is wrong with a model that could not be loaded, and what to do."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "trust_remote_code" in str(error):
        return f"the {kind} {model!r} needs code of its own to run, which newsdex does not. Choose another model"
    if "safetensors" in str(error):
        return f"the {kind} {model!r} has no weights in a safetensors file ({first}). Choose another version of it, or another model"
    reason = "" if "huggingface.co" in first else f" ({first})"
    return f"the {kind} {model!r} is not on this machine{reason}. Give a folder, or fetch it first: hf download {model}"
