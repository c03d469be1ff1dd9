"""The engines that turn text into vectors, and the choice among them. Each is imported when chosen: a query must not load torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from newsdex.encoder import DEFAULT_MODEL, FULL, HASH_MODEL, INT8, MULTILINGUAL_MODEL, SERVED, Encoder, ModelCard, Vectors
from newsdex.errors import UsageError

if TYPE_CHECKING:
    from newsdex.engines.model import Model
    from newsdex.engines.reader import Reader


def open_query_encoder(model: str, card: ModelCard | None = None) -> Encoder:
    """The lightest engine for ``model``; a server is asked by the index's ``card``. Raises ModelError."""
    if own := _without_files(model, card):
        return own
    from newsdex.engines.question_engine import QuestionEncoder

    known, why = _known(model)
    return QuestionEncoder(known) if known else _other(model, why)


def prepare(encoder: Encoder) -> None:
    """Load now what ``encoder`` loads when it has been asked much; not in a process that will fork."""
    from newsdex.engines.question_engine import QuestionEncoder

    if isinstance(encoder, QuestionEncoder):
        encoder.load()
    for language in ("en", "und"):
        if reader := open_reader(encoder, language):
            reader.load()


def prove_by(encoder: Encoder, witness: Callable[[], tuple[str, Vectors] | None], folder: str) -> None:
    """Let a served model prove, with the questions that it encodes, that it is that of the index in ``folder``: ``witness`` returns one of
    its texts with its vector, or None. Any other model is known by its card.
    """
    if encoder.card.name.startswith(SERVED):
        from newsdex.engines.served import ServedEncoder

        if isinstance(encoder, ServedEncoder):
            encoder.prove_by(witness, folder)


def keep_small(encoder: Encoder) -> None:
    """Keep ``encoder`` from loading what encodes single questions faster. Of questions that are encoded together it saves little."""
    from newsdex.engines.question_engine import QuestionEncoder

    if isinstance(encoder, QuestionEncoder):
        encoder.keeps_small = True


def is_english(*languages: str) -> bool:
    """Whether all ``languages``, ISO 639-1 codes, are English, or "", which is not known."""
    return {"", "en"}.issuperset(languages)


def reads(encoder: Encoder, *languages: str) -> bool:
    """Whether there is a reader for ``languages``: English with every model but the tests', others with the multilingual one."""
    return encoder.card.name == MULTILINGUAL_MODEL or (encoder.card.name != HASH_MODEL and is_english(*languages))


def open_reader(encoder: Encoder, *languages: str) -> Reader | None:
    """The reader for ``languages``, or None; for English the default model's, which measured better. Raises ModelError."""
    if not reads(encoder, *languages):
        return None
    from newsdex.engines.question_engine import NumpyEncoder, reader_of

    model = DEFAULT_MODEL if is_english(*languages) else MULTILINGUAL_MODEL
    return encoder.reader if isinstance(encoder, NumpyEncoder) and encoder.card.name == model else reader_of(model)


def open_build_encoder(model: str, precision: str = FULL, card: ModelCard | None = None) -> Encoder:
    """The fastest engine for passages. For known families numpy for the first few and OpenVINO for the others, or OpenVINO for all with
    ``precision`` INT8, which only they have; else, and with a GPU, sentence-transformers. A served model is asked by the index's ``card``.
    Raises ModelError when the model is missing or damaged, UsageError without such a precision.
    """
    own = _without_files(model, builds=True, like=card)
    known, why = (None, "its vectors come from elsewhere") if own else _known(model)
    if precision == INT8 and known is None:
        raise UsageError(f"the model {model} has no --precision int8: {why}. Leave it out, or choose a model of newsdex models")
    if own:
        return own
    if known is None:
        return _other(model, why, reduced=_has_gpu())
    known.check()
    if precision != INT8 and _has_gpu():
        from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder

        return SentenceTransformersEncoder(str(known.folder), known.card, reduced=True)
    if precision != INT8:
        from newsdex.engines.passage_engine import PassageEncoder

        return PassageEncoder(known)
    from newsdex.engines.openvino_engine import OpenVinoEncoder

    return OpenVinoEncoder(known, precision)


def _without_files(model: str, card: ModelCard | None = None, *, builds: bool = False, like: ModelCard | None = None) -> Encoder | None:
    """The encoder of a name that stands for no files of this machine, if it is one."""
    if model == HASH_MODEL:
        from newsdex.engines.hashing import HashEncoder

        return HashEncoder()
    if model.startswith(SERVED):
        from newsdex.engines.served import ServedEncoder

        return ServedEncoder(model, card, patient=builds, like=like)
    return None


def _known(name: str) -> tuple[Model | None, str]:
    """The model, or why newsdex cannot run it by itself."""
    from newsdex.engines.description import NotKnown
    from newsdex.engines.model import open_model

    try:
        return open_model(name), ""
    except NotKnown as error:
        return None, str(error)


def _other(model: str, why: str, *, reduced: bool = False) -> Encoder:
    from newsdex.engines.model import absolute
    from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder

    name = str(absolute(model)) if Path(model).is_dir() else model
    encoder = SentenceTransformersEncoder(name, reduced=reduced)
    import logging  # takes milliseconds to load

    logging.getLogger(__name__).warning("sentence-transformers runs the model %s, many times slower: %s", name, why)
    return encoder


def _has_gpu() -> bool:
    """Whether torch can use an NVIDIA GPU; without the driver's device file torch is not even loaded."""
    if not Path("/dev/nvidiactl").exists():
        return False
    import torch

    return bool(torch.cuda.is_available())
