"""The families of networks: functions from a configuration and its tensors to one description, which numpy and OpenVINO compute;
tests/newsdex/test_families.py compares each with sentence-transformers. In comments d is the width, h the number of heads, v the
vocabulary's size, p the number of positions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import starmap
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.engines.description import AGAIN, MOST_WIDTH, WIDTHS, Config, Description
from newsdex.errors import ModelError
from newsdex.tensors import Tensors

_MOST_LAYERS, _MOST_HEADS, _MOST_POSITIONS, _MOST_WORDS = 256, 256, 1 << 17, 1 << 22
# The activations by the names that configurations have for them: "gelu" is exact, "gelu_tanh" its approximation.
_ACTIVATIONS = {
    "gelu": "gelu",
    **dict.fromkeys(("gelu_new", "gelu_fast", "gelu_pytorch_tanh"), "gelu_tanh"),
    "relu": "relu",
    **dict.fromkeys(("silu", "swish"), "silu"),
}
_FARTHEST = 128  # tokens from which on MPNet tells no distance from another
_TORCH_EPSILON = 1e-5  # of a layer norm of torch where nothing is said
_PADDING = 1  # the id of the padding in every model whose positions begin behind it
_EPSILON = 1e-12  # and of BERT's
_ATTENTION = ("self.query", "self.key", "self.value", "output.dense")


class Linear(NamedTuple):
    """A linear layer: weight, (out, in), and bias, (out,). ``up @ down``, (out, r) and (r, in), is added to the weight (Hu et al. 2021,
    https://arxiv.org/abs/2106.09685); only the reader has it.
    """

    weight: Vectors
    bias: Vectors | None
    down: Vectors | None = None
    up: Vectors | None = None


class Norm(NamedTuple):
    """A layer norm: weight and bias, (d,), and what is added to the variance."""

    weight: Vectors
    bias: Vectors | None
    epsilon: float


class Dense(NamedTuple):
    """A linear layer with its activation, "" for none."""

    linear: Linear
    activation: str


class Layer(NamedTuple):
    """Attention, and the wide layer after it, its activation multiplied by ``gate`` if any. A token attends to those within ``reach``, 0
    for all. Queries and keys are turned by their positions, to the base ``theta``, unless that is 0.
    """

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    attention_norm: Norm | None
    wide: Linear
    gate: Linear | None
    narrow: Linear
    wide_norm: Norm
    reach: int = 0
    theta: float = 0.0


class Network(NamedTuple):
    """From token ids to one vector, or to the outputs of a cross-encoder.

    ``words``, (v, d), are float32, float16, or bfloat16 as two bytes each, of which ``floats`` makes float32. ``kinds``, (k, d), are added
    by the kind of each token, which is 0 but in the second text of a pair, ``positions``, (p, d), by the place. With ``before`` the norms
    stand before attention and wide layer, else behind their sums. ``distances``, (2 * _FARTHEST + 1, h), are added to the scores of
    attention by how far the key stands behind the query. ``head`` follows the pooling.
    """

    heads: int
    activation: str
    words: NDArray[np.generic]
    norm: Norm
    layers: tuple[Layer, ...]
    window: int
    positions: Vectors | None = None
    kinds: Vectors | None = None
    before: bool = False
    last_norm: Norm | None = None
    distances: Vectors | None = None
    pooling: str = "mean"
    head: tuple[Dense | Norm, ...] = ()
    size: int = 0

    @property
    def width(self) -> int:
        """That of the layers' states."""
        return int(self.words.shape[1])

    @property
    def dimension(self) -> int:
        """That of a vector, or how many outputs there are."""
        last = next((len(step.linear.weight) for step in reversed(self.head) if isinstance(step, Dense)), self.width)
        return min(self.size or last, last)

    def embedded(self, ids: NDArray[Any]) -> Vectors:
        """The embeddings of tokens alone, float32, (..., d). Raises ModelError where the model has no such token."""
        words = len(self.words)
        if ids.size and int(ids.max()) >= words:
            raise ModelError(f"the tokenizer has a token {ids.max()} and the model only {words}. {AGAIN}")
        return floats(self.words[ids])

    def placed(self, ids: NDArray[Any], kinds: NDArray[Any] | None = None) -> Vectors:
        """What the layers begin with, float32, (n, t, d), for ids, (n, t), of the ``kinds``, (n, t). Raises ModelError."""
        found = self.embedded(ids)
        if self.positions is not None:
            found += self.positions[: ids.shape[1]]
        if self.kinds is not None:
            found += self.kinds[0 if kinds is None else kinds]
        return found


class Weights:
    """The tensors of a file by name, of which each is checked for its shape as it is taken."""

    def __init__(self, path: Path, tensors: Tensors, prefix: str = "", names: Mapping[str, str] | None = None) -> None:
        """``prefix`` is what a name may have before it in the file; ``names``: what parts of names are there."""
        self._path = path
        self._tensors = tensors
        self._prefix = prefix
        self._names = names or {}

    def raw(self, name: str, *shape: int) -> NDArray[np.generic]:
        """A tensor of this shape as it lies in the file."""
        tensor = self._find(name)
        if tensor is None:
            raise ModelError(f"{self._path} has no tensor {name!r}, which its config.json asks for. {AGAIN}")
        if tensor.shape != shape:
            raise ModelError(f"{self._path}: {name} has the shape {tensor.shape}, expected {shape} by its config.json")
        if tensor.dtype not in (np.float32, np.float16, BFLOAT16):
            raise ModelError(f"{self._path}: {name} is of {tensor.dtype}, expected float32, float16 or bfloat16")
        return tensor

    def get(self, name: str, *shape: int) -> Vectors:
        """A tensor of this shape in float32."""
        return floats(self.raw(name, *shape))

    def linear(self, name: str, before: int, after: int, *, bias: bool = True) -> Linear:
        """A linear layer of these widths."""
        return Linear(self.get(f"{name}.weight", after, before), self._bias(name, after, bias=bias))

    def norm(self, name: str, width: int, epsilon: float, *, bias: bool = True) -> Norm:
        """A layer norm."""
        return Norm(self.get(f"{name}.weight", width), self._bias(name, width, bias=bias), epsilon)

    def _bias(self, name: str, width: int, *, bias: bool) -> Vectors | None:
        if bias:
            return self.get(f"{name}.bias", width)
        if self._find(f"{name}.bias") is not None:
            raise ModelError(f"{self._path} has a tensor '{name}.bias', which its config.json does not ask for. {AGAIN}")
        return None

    def layers(self, config: Config, name: str) -> Iterator[str]:
        """The names of the layers that ``config`` counts, each ``name`` with its number. Raises ModelError if the file has more."""
        count = config.whole("num_hidden_layers", 1, _MOST_LAYERS)
        more = self._theirs(f"{name}{count}.")
        if any(tensor.startswith((more, self._prefix + more)) for tensor in self._tensors):
            raise config.wrong("num_hidden_layers", count, f"the number of layers in {self._path}, which has more")
        return (f"{name}{number}." for number in range(count))

    def _find(self, name: str) -> NDArray[np.generic] | None:
        name = self._theirs(name)
        return self._tensors.get(name, self._tensors.get(self._prefix + name))

    def _theirs(self, name: str) -> str:
        """``name`` as the family has it."""
        for part, theirs in self._names.items():
            name = name.replace(part, theirs)
        return name


Head: TypeAlias = Callable[[Config, Weights, int], tuple[str, tuple[Dense | Norm, ...]]]
BFLOAT16 = np.dtype("V2")


def floats(array: NDArray[np.generic]) -> Vectors:
    """``array`` in float32: itself where it is that already."""
    if array.dtype == BFLOAT16:
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    # Of an old file a tensor may begin anywhere.
    return array.astype(np.float32, copy=False) if array.flags.aligned else np.array(array, np.float32)


def bert(config: Config, weights: Weights, unused: int = 0) -> Network:
    """BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805); the first ``unused`` positions are of no token."""
    config.only("position_embedding_type", ("absolute",))
    config.only("is_decoder", (False,))
    config.only("add_cross_attention", (False,))
    kinds = weights.get("embeddings.token_type_embeddings.weight", config.whole("type_vocab_size", 1, 100), _width(config))
    return _postnorm(config, weights, unused)._replace(kinds=kinds)


def distilbert(config: Config, weights: Weights) -> Network:
    """DistilBERT (Sanh et al. 2019, https://arxiv.org/abs/1910.01108): half of BERT's layers, and no kinds of tokens."""
    return _postnorm(config, weights, epsilon=_EPSILON)


def roberta(config: Config, weights: Weights) -> Network:
    """RoBERTa, XLM-R and CamemBERT: positions are counted from behind the id of the padding."""
    config.only("pad_token_id", (_PADDING,))
    return bert(config, weights, _PADDING + 1)


def mpnet(config: Config, weights: Weights) -> Network:
    """MPNet (Song et al. 2020, https://arxiv.org/abs/2004.09297): distances are added to the scores of attention, by buckets as in T5."""
    config.only("pad_token_id", (_PADDING,))
    network = _postnorm(config, weights, _PADDING + 1)
    buckets = config.whole("relative_attention_num_buckets", 4, 1 << 10, 32)
    table = weights.get("encoder.relative_attention_bias.weight", buckets, network.heads)
    return network._replace(distances=table[[_bucket(far, buckets // 2) for far in range(-_FARTHEST, _FARTHEST + 1)]])


def modernbert(config: Config, weights: Weights) -> Network:
    """ModernBERT (Warner et al. 2024, https://arxiv.org/abs/2412.13663): rotary positions, gated layers, norms before; most with reach."""
    width, heads, inner = _width(config), _heads(config), config.whole("intermediate_size", 1, MOST_WIDTH)
    attention, wide, norm = (config.flag(f"{name}_bias", default=False) for name in ("attention", "mlp", "norm"))
    epsilon = config.real("norm_eps", 1e-15, 1e-2, 1e-5)
    reach = config.whole("local_attention", 2, _MOST_POSITIONS, 128) // 2
    config.only("sliding_window", (reach,))
    layers = []
    names = [*weights.layers(config, "layers.")]
    for number, (name, local) in enumerate(zip(names, _local_layers(config, len(names)), strict=True)):
        query, key, value = _parts(weights.linear(name + "attn.Wqkv", width, 3 * width, bias=attention), 3)
        up, gate = _parts(weights.linear(name + "mlp.Wi", width, 2 * inner, bias=wide), 2)
        layers.append(
            Layer(
                query,
                key,
                value,
                weights.linear(name + "attn.Wo", width, width, bias=attention),
                weights.norm(name + "attn_norm", width, epsilon, bias=norm) if number else None,
                up,
                gate,
                weights.linear(name + "mlp.Wo", inner, width, bias=wide),
                weights.norm(name + "mlp_norm", width, epsilon, bias=norm),
                reach if local else 0,
                _theta(config, local=local),
            )
        )
    return Network(
        heads,
        config.choice("hidden_activation", _ACTIVATIONS, "gelu"),
        weights.raw("embeddings.tok_embeddings.weight", config.whole("vocab_size", 1, _MOST_WORDS), width),
        weights.norm("embeddings.norm", width, epsilon, bias=norm),
        tuple(layers),
        config.whole("max_position_embeddings", 8, _MOST_POSITIONS),
        before=True,
        last_norm=weights.norm("final_norm", width, epsilon, bias=norm),
    )


def _head(first: str, last: str, activation: str = "tanh") -> Head:
    """That of two layers, by their names."""

    def head(config: Config, weights: Weights, outputs: int) -> tuple[str, tuple[Dense | Norm, ...]]:
        width = _width(config)
        return "cls", (Dense(weights.linear(first, width, width), activation), Dense(weights.linear(last, width, outputs), ""))

    return head


def _prediction_head(config: Config, weights: Weights, outputs: int) -> tuple[str, tuple[Dense | Norm, ...]]:
    """That of ModernBERT."""
    width = _width(config)
    first = weights.linear("head.dense", width, width, bias=config.flag("classifier_bias", default=False))
    norm = weights.norm("head.norm", width, config.real("norm_eps", 1e-15, 1e-2, 1e-5), bias=config.flag("norm_bias", default=False))
    activation = config.choice("classifier_activation", _ACTIVATIONS, "gelu")
    pooling = config.choice("classifier_pooling", {"cls": "cls", "mean": "mean"}, "cls")
    return pooling, (Dense(first, activation), norm, Dense(weights.linear("classifier", width, outputs), ""))


class Family(NamedTuple):
    """``network`` makes layers of a configuration and tensors, ``head`` a classification head. Names of tensors may begin with ``prefix``;
    ``names`` are the family's own for BERT's, of settings and of parts of tensors' names.
    """

    network: Callable[[Config, Weights], Network]
    head: Head
    prefix: str
    names: Mapping[str, str] = MappingProxyType({})


_ROBERTA = Family(roberta, _head("classifier.dense", "classifier.out_proj"), "roberta.")
# By the model_type of config.json.
FAMILIES: Mapping[str, Family] = {
    "bert": Family(bert, _head("pooler.dense", "classifier"), "bert."),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "distilbert": Family(
        distilbert,
        _head("pre_classifier", "classifier", "relu"),
        "distilbert.",
        {
            "hidden_size": "dim",
            "intermediate_size": "hidden_dim",
            "num_hidden_layers": "n_layers",
            "num_attention_heads": "n_heads",
            "hidden_act": "activation",
            "encoder.layer.": "transformer.layer.",
            "attention.self.query": "attention.q_lin",
            "attention.self.key": "attention.k_lin",
            "attention.self.value": "attention.v_lin",
            "attention.output.dense": "attention.out_lin",
            "attention.output.LayerNorm": "sa_layer_norm",
            "intermediate.dense": "ffn.lin1",
            "output.dense": "ffn.lin2",
            "output.LayerNorm": "output_layer_norm",
        },
    ),
    "mpnet": Family(
        mpnet,
        _ROBERTA.head,
        "mpnet.",
        {
            "attention.self.query": "attention.attn.q",
            "attention.self.key": "attention.attn.k",
            "attention.self.value": "attention.attn.v",
            "attention.output.dense": "attention.attn.o",
            "attention.output.LayerNorm": "attention.LayerNorm",
        },
    ),
    "modernbert": Family(modernbert, _prediction_head, "model."),
}


def network(described: Description, tensors: Callable[[Path], Tensors]) -> Network:
    """The network of a model, whose files ``tensors`` opens. Raises ModelError where they are not what its configuration says."""
    path = described.folder / "model.safetensors"
    family = FAMILIES[described.family]
    config, weights = described.config.renamed(family.names), Weights(path, tensors(path), family.prefix, family.names)
    found = family.network(config, weights)
    pooling, head = family.head(config, weights, described.outputs) if described.outputs else (described.pooling, ())
    width = found.width
    if described.pooled is not None:
        for name in WIDTHS:
            described.pooled.only(name, (width,))
    for module in described.modules:
        if module.before != width:
            name = "dimension" if module.norm else "in_features"
            raise ModelError(f"{module.folder / 'config.json'}: {name} is {module.before}, expected {width}, the width before it")
        path = module.folder / "model.safetensors"
        own = Weights(path, tensors(path))
        if module.norm:
            head += (own.norm("norm", module.before, _TORCH_EPSILON),)
        else:
            head += (Dense(own.linear("linear", module.before, module.after, bias=module.bias), module.activation),)
        width = module.after
    if described.size > width:
        raise ModelError(f"truncate_dim is {described.size}, expected at most {width}, the width of the model {described.folder}")
    window = min(found.window, described.window)
    return found._replace(window=window, pooling=pooling, head=head, size=described.size)


def _postnorm(config: Config, weights: Weights, unused: int = 0, epsilon: float = 0.0) -> Network:
    """What BERT and its relatives have in common; ``epsilon`` of the norms is the configuration's where it is 0."""
    width, inner = _width(config), config.whole("intermediate_size", 1, MOST_WIDTH)
    most = config.whole("max_position_embeddings", unused + 4, _MOST_POSITIONS)
    epsilon = epsilon or config.real("layer_norm_eps", 1e-15, 1e-2, _EPSILON)
    layers = []
    for name in weights.layers(config, "encoder.layer."):
        query, key, value, output = (weights.linear(f"{name}attention.{part}", width, width) for part in _ATTENTION)
        layers.append(
            Layer(
                query,
                key,
                value,
                output,
                weights.norm(name + "attention.output.LayerNorm", width, epsilon),
                weights.linear(name + "intermediate.dense", width, inner),
                None,
                weights.linear(name + "output.dense", inner, width),
                weights.norm(name + "output.LayerNorm", width, epsilon),
            )
        )
    return Network(
        _heads(config),
        config.choice("hidden_act", _ACTIVATIONS, "gelu"),
        weights.raw("embeddings.word_embeddings.weight", config.whole("vocab_size", 1, _MOST_WORDS), width),
        weights.norm("embeddings.LayerNorm", width, epsilon),
        tuple(layers),
        most - unused,
        positions=weights.get("embeddings.position_embeddings.weight", most, width)[unused:],
    )


def _width(config: Config) -> int:
    return config.whole("hidden_size", 1, MOST_WIDTH)


def _heads(config: Config) -> int:
    heads, width = config.whole("num_attention_heads", 1, _MOST_HEADS), _width(config)
    if width % heads:
        raise config.wrong("num_attention_heads", heads, f"a divisor of hidden_size, {width}")
    return heads


def _parts(linear: Linear, count: int) -> list[Linear]:
    """The layers that are stored as one."""
    weights = np.split(linear.weight, count)
    biases = [None] * count if linear.bias is None else np.split(linear.bias, count)
    return list(starmap(Linear, zip(weights, biases, strict=True)))


def _bucket(far: int, buckets: int) -> int:
    """The row of MPNet's table for a key that stands ``far`` behind the query, of ``buckets`` for each direction."""
    exact, distance = buckets // 2, abs(far)
    found = distance
    if distance >= exact:
        found = exact + int(np.float32(np.log(np.float32(distance / exact)) / math.log(_FARTHEST / exact) * (buckets - exact)))
    return min(found, buckets - 1) + (buckets if far > 0 else 0)


def _local_layers(config: Config, count: int) -> list[bool]:
    """Of each layer of ModernBERT, whether it has a reach."""
    kinds = config.get("layer_types")
    if kinds is None:
        every = config.whole("global_attn_every_n_layers", 1, _MOST_LAYERS, 3)
        return [bool(number % every) for number in range(count)]
    known = ("full_attention", "sliding_attention")
    if not isinstance(kinds, list) or len(kinds) != count or any(kind not in known for kind in kinds):
        raise config.wrong("layer_types", kinds, f"{count} of {' and '.join(known)}")
    return [kind == "sliding_attention" for kind in kinds]


def _theta(config: Config, *, local: bool) -> float:
    """The base of ModernBERT's rotary positions."""
    config.only("rope_scaling", (None,))
    told = config.inner("rope_parameters")
    mine = told.inner("sliding_attention" if local else "full_attention") if told else None
    if mine:
        mine.only("rope_type", ("default",))
    name, usual = ("local_rope_theta", 10_000.0) if local else ("global_rope_theta", 160_000.0)
    old = config.real(name, 1, 1e12, usual)
    return mine.real("rope_theta", 1, 1e12, old) if mine else old
