"""What a model folder in the format of sentence-transformers says of its model, without its numbers.

The folder may come from anybody: each value is looked at before it is used, and one that is wrong or not known is an error that names it,
never a guess. No code of it is run, nothing is unpickled, and no hub is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from newsdex import foreign
from newsdex.errors import ModelError

_Value = TypeVar("_Value")

LARGEST = 1 << 20  # bytes of a file of settings
_MOST_TOKENS = 1 << 16  # of a window
MOST_WIDTH = 1 << 15  # of a vector or a layer
_MISSING = object()

_PARTS = ("Transformer", "Pooling", "Dense", "Normalize")  # that a model may be made of
_NAME = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")  # characters of a module's folder
_POOLINGS = {"mean": "mean", "cls": "cls", "lasttoken": "last"}
_OLD_POOLINGS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
_TORCH = "torch.nn.modules."
_ACTIVATIONS = {
    _TORCH + "linear.Identity": "",
    _TORCH + "activation.Tanh": "tanh",
    _TORCH + "activation.ReLU": "relu",
    _TORCH + "activation.GELU": "gelu",
    _TORCH + "activation.SiLU": "silu",
}
# What the family of E5 was trained with (Wang et al. 2022, https://arxiv.org/abs/2212.03533), though the configuration of its models does
# not say so.
_E5 = r"(?:multilingual-)?e5-(?:small|base|large)(?:-v2)?"
E5_PREFIXES = ("query: ", "passage: ")
QUESTION_PROMPTS = ("query",)
PASSAGE_PROMPTS = ("document", "passage", "corpus")  # as sentence-transformers looks for them


class NotKnown(Exception):
    """The model is of a kind that only sentence-transformers can run; the text says which."""


class Config:
    """The values of a JSON object in a file of a model, each checked as it is taken."""

    def __init__(self, path: Path, values: Mapping[str, Any]) -> None:
        self._path = path
        self._values = values

    @classmethod
    def read(cls, path: Path, *, optional: bool = False) -> Config:
        """The object in ``path``; ``optional``: an empty one where there is no such file. Raises ModelError."""
        found = read_json(path, optional=optional)
        if not isinstance(found, dict):
            raise ModelError(f"{path} is not a JSON object")
        return cls(path, found)

    def whole(self, name: str, least: int, most: int, default: Any = _MISSING) -> int:
        """An integer of ``least`` to ``most``."""
        value = self._get(name, default)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(name, value, f"a whole number from {least} to {most}")
        return value

    def real(self, name: str, least: float, most: float, default: Any = _MISSING) -> float:
        """A number of ``least`` to ``most``."""
        value = self._get(name, default)
        if type(value) not in (int, float) or not least <= value <= most:
            raise self.wrong(name, value, f"a number from {least:g} to {most:g}")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Whether ``name`` is true."""
        value = self._get(name, default)
        if type(value) is not bool:
            raise self.wrong(name, value, "true or false")
        return value

    def choice(self, name: str, known: Mapping[str, _Value], default: Any = _MISSING) -> _Value:
        """What ``known`` has for the text ``name``."""
        value = self._get(name, default)
        if not isinstance(value, str) or value not in known:
            raise self.wrong(name, value, f"one of {', '.join(known)}")
        return known[value]

    def only(self, name: str, values: Collection[object]) -> None:
        """Raises ModelError unless ``name`` is missing or one of ``values``."""
        value = self._values.get(name)
        if value is not None and not any(type(value) is type(known) and value == known for known in values):
            raise self.wrong(name, value, " or ".join(map(str, values)))

    def inner(self, name: str) -> Config | None:
        """The object ``name``, if there is one."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, value, "an object")
        return None if value is None else Config(self._path, value)

    def get(self, name: str) -> Any:
        """The value as it is, which the caller checks."""
        return self._values.get(name)

    def wrong(self, name: str, value: object, expected: str) -> ModelError:
        """What to raise for a value that is not ``expected``."""
        told = "missing" if value is None else repr(value)[:80]
        return ModelError(f"{self._path}: {name} is {told}, expected {expected}. Fetch the model again, or choose another")

    def _get(self, name: str, default: Any) -> Any:
        value = self._values.get(name)
        return default if value is None and default is not _MISSING else value


class Dense(NamedTuple):
    """A layer behind the pooling: its folder, its widths, and the activation after it, if any."""

    folder: Path
    before: int
    after: int
    bias: bool
    activation: str


class Description(NamedTuple):
    """A model: the folder and configuration of its network, and what is done with the last layer's states.

    ``window`` is the most tokens of a text, special ones included, as far as anything but the network's own positions says; ``size`` how
    many of a vector's first numbers count, 0 for all of them.
    """

    folder: Path
    family: str
    config: Config
    window: int
    pooling: str = "mean"
    dense: tuple[Dense, ...] = ()
    size: int = 0
    question_prefix: str = ""
    passage_prefix: str = ""


def describe(folder: Path, families: Collection[str]) -> Description:
    """The model in ``folder``, whose network is of one of ``families``.

    Raises NotKnown when it is made of other things, and ModelError when a value is wrong.
    """
    modules = _modules(folder)
    kinds = [kind for kind, _ in modules]
    if modules and kinds != ["Transformer", "Pooling", *["Dense"] * kinds.count("Dense"), *["Normalize"] * kinds.count("Normalize")]:
        raise NotKnown(f"it is made of {', '.join(kinds)[:200]}")
    network = modules[0][1] if modules else folder
    config = Config.read(network / "config.json")
    family = config.get("model_type")
    if not isinstance(family, str) or family not in families:
        raise NotKnown(f"its model_type is {str(family)[:80]!r}")
    settings = Config.read(folder / "config_sentence_transformers.json", optional=True)
    settings.only("similarity_fn_name", ("cosine", "dot", "euclidean"))
    question, passage = _prompts(settings, folder.name)
    return Description(
        network,
        family,
        config,
        _window(network),
        pooling=_pooling(modules[1][1]) if modules else "mean",
        dense=tuple(_dense(path) for kind, path in modules if kind == "Dense"),
        size=settings.whole("truncate_dim", 1, MOST_WIDTH, default=0) if settings.get("truncate_dim") is not None else 0,
        question_prefix=question,
        passage_prefix=passage,
    )


def read_json(path: Path, *, optional: bool = False, most: int = LARGEST, lists: int | None = None) -> Any:
    """The JSON in ``path``, an empty object where it is ``optional`` and not there. Raises ModelError."""
    if optional and not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            return foreign.parsed(file.read(most + 1), most, *([] if lists is None else [lists]))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}. Fetch the model again, or choose another") from error


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """The kind of each module and its folder; none where there is no list of them, as of a plain transformer."""
    path = folder / "modules.json"
    if not path.exists():
        return []
    found = read_json(path)
    if not isinstance(found, list) or not all(isinstance(module, dict) for module in found) or not found:
        raise ModelError(f"{path} is not a list of modules")
    modules = []
    for module in found:
        kind, place = module.get("type"), module.get("path")
        home, _, named = kind.rpartition(".") if isinstance(kind, str) else ("", "", "")
        if named not in _PARTS or home.partition(".")[0] != "sentence_transformers":
            raise NotKnown(f"it has a module of type {str(kind)[:80]!r}")
        if not isinstance(place, str) or not _NAME.issuperset(place) or place[:1] == ".":
            raise ModelError(f"{path}: path is {str(place)[:80]!r}, expected the name of a folder")
        modules.append((named, folder / place))
    return modules


def _window(folder: Path) -> int:
    config = Config.read(folder / "sentence_bert_config.json", optional=True)
    if config.flag("do_lower_case", default=False):
        raise NotKnown("its text is lowered before its tokenizer")
    for name, expected in (("transformer_task", "feature-extraction"), ("module_output_name", "token_embeddings")):
        config.only(name, (expected,))
    if config.get("max_seq_length") is not None:
        return config.whole("max_seq_length", 4, _MOST_TOKENS)
    told = Config.read(folder / "tokenizer_config.json", optional=True).get("model_max_length")
    # A tokenizer without a length has 10 to the power of 30.
    return int(told) if type(told) in (int, float) and 4 <= told <= _MOST_TOKENS else _MOST_TOKENS  # noqa: PLR2004 - two tokens and their frame


def _pooling(folder: Path) -> str:
    config = Config.read(folder / "config.json")
    if not config.flag("include_prompt", default=True):
        raise NotKnown("its prompts are left out of the pooling")
    mode = config.get("pooling_mode")
    if mode is None:
        mode = [name for key, name in _OLD_POOLINGS.items() if config.flag(key, default=False)]
    modes = mode if isinstance(mode, list) else [mode]
    if len(modes) == 1 and isinstance(modes[0], str) and modes[0] in _POOLINGS:
        return _POOLINGS[modes[0]]
    raise NotKnown(f"its pooling is {str(mode)[:80]!r}")


def _dense(folder: Path) -> Dense:
    config = Config.read(folder / "config.json")
    for name in ("module_input_name", "module_output_name"):
        config.only(name, ("sentence_embedding",))
    config.only("use_residual", (False,))
    return Dense(
        folder,
        config.whole("in_features", 1, MOST_WIDTH),
        config.whole("out_features", 1, MOST_WIDTH),
        config.flag("bias", default=True),
        config.choice("activation_function", _ACTIVATIONS, _TORCH + "activation.Tanh"),
    )


def _prompts(config: Config, name: str) -> tuple[str, str]:
    """What is put before a question, and before a passage."""
    prompts = config.inner("prompts") or Config(Path(name), {})
    default = config.get("default_prompt_name")

    def prompt(names: tuple[str, ...]) -> str:
        found = next((prompts.get(each) for each in names if prompts.get(each)), None) or prompts.get(str(default)) or ""
        if not isinstance(found, str) or len(found) > foreign.LONGEST:
            raise config.wrong(f"the prompt {names[0]}", found, f"text of at most {foreign.LONGEST:,} characters")
        return found

    question, passage = prompt(QUESTION_PROMPTS), prompt(PASSAGE_PROMPTS)
    return E5_PREFIXES if not (question or passage) and is_e5(name) else (question, passage)


def is_e5(name: str) -> bool:
    """Whether a model is one of the family of E5, by its name."""
    last = name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    return "e5-" in last and bool(re.fullmatch(_E5, last))
