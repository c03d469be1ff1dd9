"""What a model folder in the format of sentence-transformers says of its model, without its numbers. It may come from anybody: a value that
is wrong or unknown is an error that names it. No code of it is run, nothing unpickled, no hub asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from newsdex import foreign
from newsdex.errors import ModelError

_Value = TypeVar("_Value")

LARGEST = 1 << 20  # bytes of a file of settings
MOST_TOKENS = 1 << 16  # of a window
MOST_WIDTH = 1 << 15  # of a vector or a layer
_MOST_OUTPUTS = 2  # of a cross-encoder
_MISSING = object()
AGAIN = "Fetch the model again, or choose another"  # what ends a message

_HEAD = ("Dense", "LayerNorm")  # what a model may have behind its pooling
_PARTS = ("Transformer", "Pooling", *_HEAD, "Normalize")  # that it may be made of
_CLASSIFIER = "ForSequenceClassification"  # ends the architecture of a cross-encoder
_UNTRAINED = ("ForMaskedLM", "ForPreTraining")  # and that of a network that has learnt words alone
_LABEL = re.compile("(?i)label_1|1|yes|true|positive|relevant")  # the second of two labels, where a model names it
_LFS = b"version https://git-lfs."  # begins what git has in the place of a large file
_NAME = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")  # characters of a module's folder
WIDTHS = ("embedding_dimension", "word_embedding_dimension")  # what a pooling calls the width before it
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
_E5_PREFIXES = ("query: ", "passage: ")


class NotKnown(Exception):
    """The model is of a kind that only sentence-transformers can run; the text says which."""


class Config:
    """The values of a JSON object in a file of a model, each checked as it is taken."""

    def __init__(self, path: Path, values: Mapping[str, Any], names: Mapping[str, str] | None = None) -> None:
        """``names`` are what some are called there."""
        self._path = path
        self._values = values
        self._names = names or {}

    @classmethod
    def read(cls, path: Path, *, optional: bool = False) -> Config:
        """The object in ``path``; ``optional``: an empty one where there is no such file. Raises ModelError."""
        found = read_json(path, optional=optional)
        if not isinstance(found, dict):
            raise ModelError(f"{path} is not a JSON object")
        return cls(path, found)

    def renamed(self, names: Mapping[str, str]) -> Config:
        """The same values, some of which have other ``names`` in the file."""
        return Config(self._path, self._values, names)

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
        value = self._get(name, _MISSING)
        there = self._names.get(name, name) in self._values
        if there and not any(type(value) is type(known) and value == known for known in values):
            raise self.wrong(name, value, " or ".join(map(str, values)))

    def known(self, names: Collection[str]) -> None:
        """Raises NotKnown where there are others than ``names``."""
        if others := self._values.keys() - {*names}:
            raise NotKnown(f"its {self._path.name} has {min(others)[:80]!r}")

    def inner(self, name: str) -> Config | None:
        """The object ``name``, if there is one."""
        value = self.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, value, "an object")
        return None if value is None else Config(self._path, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, name: str) -> Any:
        """The value as it is, which the caller checks."""
        return self._values.get(self._names.get(name, name))

    def wrong(self, name: str, value: object, expected: str) -> ModelError:
        """What to raise for a value that is not ``expected``."""
        told = repr(value)[:80] if value is not None else "null" if self._names.get(name, name) in self._values else "missing"
        return ModelError(f"{self._path}: {self._names.get(name, name)} is {told}, expected {expected}. {AGAIN}")

    def _get(self, name: str, default: Any) -> Any:
        value = self._values.get(self._names.get(name, name), default)
        return None if value is _MISSING else value


class Module(NamedTuple):
    """A layer behind the pooling: its folder, its widths, and the activation after it; or a ``norm``."""

    folder: Path
    before: int
    after: int
    bias: bool = True
    activation: str = ""
    norm: bool = False


class Description(NamedTuple):
    """A model: the folder and configuration of its network, and what is done with the last layer's states.

    ``window`` is the most tokens of a text, special ones included, as far as anything but the network's own positions says; ``size`` how
    many of a vector's first numbers count, 0 for all of them. ``pooled`` is the configuration of the pooling. ``outputs`` are those of a
    classification head, 0 where there is none; ``kinds`` says whether the second text of a pair is told from the first. ``untrained`` is
    the architecture of a network that was not trained to make vectors, "" for any other.
    """

    folder: Path
    family: str
    config: Config
    window: int
    pooling: str = "mean"
    pooled: Config | None = None
    modules: tuple[Module, ...] = ()
    size: int = 0
    question_prefix: str = ""
    passage_prefix: str = ""
    outputs: int = 0
    kinds: bool = True
    untrained: str = ""


def describe(folder: Path, families: Collection[str]) -> Description:
    """The model in ``folder``, of ``families``. Raises NotKnown for others, ModelError for wrong values and cross-encoders."""
    modules = _modules(folder)
    kinds = [kind for kind, _ in modules]
    settings = Config.read(folder / "config_sentence_transformers.json", optional=True)
    settings.only("similarity_fn_name", ("cosine", "dot", None))
    named = architecture(modules[0][1] if modules else folder) if kinds in ([], ["Transformer"]) else ""
    if named.endswith(_CLASSIFIER) or settings.get("model_type") == "CrossEncoder":
        raise ModelError(
            f"{folder} is a cross-encoder or another classifier, which makes no vectors. Use a cross-encoder to reorder hits: "
            f"search QUESTION --rerank {folder}"
        )
    head = [kind for kind in kinds if kind in _HEAD]
    if modules and kinds != ["Transformer", "Pooling", *head, *["Normalize"] * kinds.count("Normalize")]:
        raise NotKnown(f"it is made of {', '.join(kinds)[:200]}")
    network = modules[0][1] if modules else folder
    family, config = _family(network, families)
    settings.only("model_type", ("SentenceTransformer",))
    question, passage = prompts_of(settings, folder.name)
    pooling, pooled = _pooling(modules[1][1]) if modules else ("mean", None)
    return Description(
        network,
        family,
        config,
        _window(network, plain=not modules),
        pooling=pooling,
        pooled=pooled,
        modules=tuple(_behind(kind, path) for kind, path in modules if kind in _HEAD),
        size=settings.whole("truncate_dim", 1, MOST_WIDTH, default=0) if settings.get("truncate_dim") is not None else 0,
        question_prefix=question,
        passage_prefix=passage,
        untrained=named if is_untrained(named) else "",
    )


def describe_pairs(folder: Path, families: Collection[str]) -> Description:
    """The cross-encoder in ``folder``: a network with a classification head, or one behind whose pooling layers end in one or two outputs.
    Raises NotKnown when it is made of other things, and ModelError when it is no cross-encoder or a value is wrong.
    """
    modules = _modules(folder)
    kinds = [kind for kind, _ in modules]
    network = modules[0][1] if modules and kinds[0] == "Transformer" else folder
    family, config = _family(network, families)
    told = Config.read(network / "tokenizer_config.json", optional=True)
    inputs = told.get("model_input_names")
    # What transformers gives a network where nothing is said.
    usual = family == "bert" and told.get("tokenizer_class") != "TokenizersBackend"
    window = _window(network, scores="Pooling" not in kinds)
    found = Description(network, family, config, window, kinds="token_type_ids" in inputs if isinstance(inputs, list) else usual)
    if kinds in ([], ["Transformer"]):
        named = architecture(network)
        if not named.endswith(_CLASSIFIER):
            raise _no_cross_encoder(folder, f"its architecture is {(named or 'None')[:80]!r}")
        return found._replace(outputs=_outputs(config))
    if kinds[:2] == ["Transformer", "Pooling"] and kinds[-1] == "Dense" and {*kinds[2:]} <= {*_HEAD}:
        behind = tuple(_behind(kind, path, "scores" if path == modules[-1][1] else "") for kind, path in modules[2:])
        if behind[-1].after > _MOST_OUTPUTS:
            raise _no_cross_encoder(folder, f"it has {behind[-1].after} outputs")
        pooling, pooled = _pooling(modules[1][1])
        return found._replace(pooling=pooling, pooled=pooled, modules=behind)
    raise _no_cross_encoder(folder, f"it is made of {', '.join(kinds)[:200]}")


def architecture(folder: Path) -> str:
    """The class of the network that the config.json in ``folder`` names, "" for none. Raises ModelError."""
    found = Config.read(folder / "config.json").get("architectures")
    first = found[0] if isinstance(found, list) and found else ""
    return first if isinstance(first, str) else ""


def is_untrained(named: str) -> bool:
    """Whether a network of this architecture has learnt words alone."""
    return named.endswith(_UNTRAINED)


def _no_cross_encoder(folder: Path, why: str) -> ModelError:
    return ModelError(
        f"{folder} is not a cross-encoder: {why}, expected a classification head with one or two outputs. "
        "Choose another, such as cross-encoder/ms-marco-MiniLM-L6-v2"
    )


def _outputs(config: Config) -> int:
    """How many a classification head has: transformers says nothing of two."""
    labels = config.inner("id2label")
    count = len(labels) if labels else config.whole("num_labels", 1, _MOST_OUTPUTS, _MOST_OUTPUTS)
    if count > _MOST_OUTPUTS or not count:
        raise config.wrong("id2label", f"{count} labels", "one or two, the relevance")
    second = labels.get("1") if labels and count == _MOST_OUTPUTS else None
    if second is not None and not _LABEL.fullmatch(str(second)[:80]):
        raise config.wrong("id2label", second, "LABEL_1 or another name for what is relevant")
    return count


def _family(network: Path, families: Collection[str]) -> tuple[str, Config]:
    config = Config.read(network / "config.json")
    family = config.get("model_type")
    if not isinstance(family, str) or family not in families:
        raise NotKnown(f"its model_type is {str(family)[:80]!r}")
    return family, config


def opened(path: Path) -> BinaryIO:
    """``path``, open for reading. Raises OSError; a pipe is an error too, for nobody may write to it."""
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    file = path.open("rb")
    if file.peek(len(_LFS)).startswith(_LFS):
        file.close()
        raise OSError("it is only a pointer of git LFS to the file (git lfs pull)")
    return file


def read_json(path: Path, *, optional: bool = False, most: int = LARGEST, lists: int | None = None) -> Any:
    """The JSON in ``path``, an empty object where it is ``optional`` and not there. Raises ModelError."""
    if optional and not path.exists():
        return {}
    try:
        with opened(path) as file:
            return foreign.parsed(file.read(most + 1), most, *([] if lists is None else [lists]))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}. {AGAIN}") from error


def module_list(path: Path) -> list[dict[str, Any]]:
    """The modules in a modules.json, of which there is one at least, as they are. Raises ModelError."""
    found = read_json(path)
    if not isinstance(found, list) or not all(isinstance(module, dict) for module in found) or not found:
        raise ModelError(f"{path} is not a list of modules")
    return found


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """The kind of each module and its folder; none where there is no list of them, as of a plain transformer."""
    path = folder / "modules.json"
    modules = []
    for module in module_list(path) if path.exists() else ():
        kind, place = module.get("type"), module.get("path")
        home, _, named = kind.rpartition(".") if isinstance(kind, str) else ("", "", "")
        if named not in _PARTS or home.partition(".")[0] != "sentence_transformers":
            raise NotKnown(f"it has a module of type {str(kind)[:80]!r}")
        if not isinstance(place, str) or not _NAME.issuperset(place) or place[:1] == ".":
            raise ModelError(f"{path}: path is {str(place)[:80]!r}, expected the name of a folder")
        modules.append((named, folder / place))
    return modules


def _window(folder: Path, *, scores: bool = False, plain: bool = False) -> int:
    """The most tokens of a text by what is said of the network and of its tokenizer, which must be nothing unusual; of a ``plain``
    transformer, without a list of modules, sentence-transformers does not read its own settings.
    """
    path = folder / "sentence_bert_config.json"
    config = Config(path, {}) if plain else Config.read(path, optional=True)
    config.known(("max_seq_length", "do_lower_case", "transformer_task", "modality_config", "module_output_name", "unpad_inputs"))
    if config.flag("do_lower_case", default=False):
        raise NotKnown("its text is lowered before its tokenizer")
    config.only("transformer_task", ("sequence-classification" if scores else "feature-extraction",))
    config.only("module_output_name", ("scores" if scores else "token_embeddings",))
    config.only("modality_config", ({"text": {"method": "forward", "method_output_name": "logits" if scores else "last_hidden_state"}},))
    told = Config.read(folder / "tokenizer_config.json", optional=True)
    told.only("truncation_side", ("right",))
    told.only("padding_side", ("right",))
    told.only("split_special_tokens", (False,))
    inputs = told.get("model_input_names")
    if inputs is not None and (not isinstance(inputs, list) or "attention_mask" not in inputs):
        raise told.wrong("model_input_names", inputs, "a list with attention_mask")
    if config.get("max_seq_length") is not None:
        return config.whole("max_seq_length", 4, MOST_TOKENS)
    # A tokenizer without a length has none, or 10 to the power of 30.
    most = told.get("model_max_length")
    endless = most is None or (type(most) in (int, float) and most > MOST_TOKENS)
    return MOST_TOKENS if endless else told.whole("model_max_length", 4, MOST_TOKENS)


def _pooling(folder: Path) -> tuple[str, Config]:
    """What is done with the states, and all that is said of it."""
    config = Config.read(folder / "config.json")
    known = (*WIDTHS, "pooling_mode", "include_prompt", *_OLD_POOLINGS)
    if others := {*config}.difference(known):  # of which sentence-transformers makes a TypeError
        raise config.wrong(min(others)[:80], config.get(min(others)), f"no key but {', '.join(known)}")
    if not config.flag("include_prompt", default=True):
        raise NotKnown("its prompts are left out of the pooling")
    mode = config.get("pooling_mode")
    if mode is None:
        mode = [name for key, name in _OLD_POOLINGS.items() if config.flag(key, default=False)]
    modes = mode if isinstance(mode, list) else [mode]
    if not {*map(str, modes)}.issubset(_OLD_POOLINGS.values()):
        raise config.wrong("pooling_mode", mode, f"one or more of {', '.join(_OLD_POOLINGS.values())}")
    if len(modes) == 1 and modes[0] in _POOLINGS:
        return _POOLINGS[modes[0]], config
    raise NotKnown(f"its pooling is {', '.join(map(str, modes))[:80]!r}")


def _behind(kind: str, folder: Path, output: str = "") -> Module:
    """A layer behind the pooling; ``output`` is what it makes, if not a vector."""
    config = Config.read(folder / "config.json")
    if kind == "LayerNorm":
        width = config.whole("dimension", 1, MOST_WIDTH)
        return Module(folder, width, width, norm=True)
    config.known(("in_features", "out_features", "bias", "activation_function", "module_input_name", "module_output_name", "use_residual"))
    config.only("module_input_name", ("sentence_embedding",))
    config.only("module_output_name", (output or "sentence_embedding",))
    config.only("use_residual", (False,))
    return Module(
        folder,
        config.whole("in_features", 1, MOST_WIDTH),
        config.whole("out_features", 1, MOST_WIDTH),
        config.flag("bias", default=True),
        config.choice("activation_function", _ACTIVATIONS, _TORCH + "activation.Tanh"),
    )


def prompts_of(config: Config, name: str) -> tuple[str, str]:
    """What is put before a question, and before a passage, by the settings of sentence-transformers and the model's name."""
    prompts = config.inner("prompts") or Config(Path(name), {})
    config.only("default_prompt_name", dict.fromkeys([None, *prompts, "query", "document"]))
    found = prefixes(name, prompts, config.get("default_prompt_name") or "")
    for what, told in zip(("query", "document"), found, strict=True):
        if not isinstance(told, str) or len(told) > foreign.LONGEST:
            raise config.wrong(f"the prompt {what}", told, f"text of at most {foreign.LONGEST:,} characters")
    return found


def prefixes(name: str, prompts: Config | Mapping[str, Any], default: str) -> tuple[Any, Any]:
    """What is put before a question and a passage: the first of its ``prompts`` that is not empty, and the one called ``default`` where
    there is none, not even an empty one, which sentence-transformers takes as well. Empty ones of an e5 model say nothing: that library
    writes them when it saves a model.
    """
    kinds = ("query",), ("document", "passage", "corpus")
    there = ([told for each in names if (told := prompts.get(each)) is not None] for names in kinds)
    question, passage = (next(filter(None, told or [prompts.get(default)]), "") for told in there)
    last = name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    is_e5 = not (question or passage) and "e5-" in last and re.fullmatch(_E5, last)
    return _E5_PREFIXES if is_e5 else (question, passage)
