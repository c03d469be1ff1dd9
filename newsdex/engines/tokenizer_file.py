"""The tokenizer.json of a model, which may come from anybody: what it is made of is checked before the tokenizers library reads it."""

# ruff: noqa: SIM905 - lists of names

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsdex.engines.description import AGAIN, Config, NotKnown, read_json
from newsdex.engines.tokens import Tokenizer
from newsdex.engines.wordpiece import WordPiece
from newsdex.errors import ModelError

_LARGEST = 1 << 26  # bytes of a tokenizer.json: those of 250,000 pieces have 17 MB
_MOST_LISTS = 1_000_000  # each piece is one, or each merge of two
_MOST_AROUND = 8  # special tokens of a text
_LEADING = re.compile(r"\[.*\]|<.*>")  # special and unused tokens, with which vocabularies begin

# What a tokenizer may be made of. Others could be slow on text that is made for it: patterns are searched by backtracking.
_PARTS = {
    "normalizer": "BertNormalizer Lowercase NFC NFD NFKC NFKD Nmt Precompiled Prepend Replace Strip StripAccents".split(),
    "pre_tokenizer": "BertPreTokenizer ByteLevel Digits Metaspace Punctuation Split Whitespace WhitespaceSplit".split(),
    "post_processor": "BertProcessing ByteLevel RobertaProcessing TemplateProcessing".split(),
    "model": "BPE Unigram WordPiece".split(),
}
_PATTERNS = re.compile(r" \{2,\}|\\s\+|\\d|\[[^\[\]]{1,200}\]")  # of Replace and Split, beside those of the families of GPT
_GPT = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
)


# Classes of transformers that take a tokenizer.json as it is; others make parts of it anew.
_AS_IT_IS = ("PreTrainedTokenizerFast", "TokenizersBackend")
_FLAGS = {"content", "single_word", "lstrip", "rstrip", "normalized", "special"}  # of an added token
# What the two files call the same.
_NORMALIZED = {"do_lower_case": "lowercase", "tokenize_chinese_chars": "handle_chinese_chars", "strip_accents": "strip_accents"}


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a tokenizer.json. Raises ModelError when it is damaged, NotKnown when it is made of other things."""
    if not path.exists():
        raise NotKnown("it has no tokenizer.json")
    found = read_json(path, most=_LARGEST, lists=_MOST_LISTS)
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a JSON object")
    if not isinstance(model := found.get("model"), dict):
        raise ModelError(f"{path} is not a tokenizer: it has no model. {AGAIN}")
    if "max_input_chars_per_word" in model:
        model.setdefault("type", "WordPiece")  # which files of 2020 do not say
    for role in ("truncation", "padding"):
        if part := Config(path, found).inner(role):
            part.only("direction", ("Right",))
    for role in _PARTS:
        _check(path, role, found.get(role))
    try:
        before, after = _around(found)
        light, first, scores = _light(found)
        _agree(Config.read(path.parent / "tokenizer_config.json", optional=True), found, before, after)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"{path} is not a tokenizer that can be read: {type(error).__name__} {str(error)[:80]}") from error
    if len(before) + len(after) > _MOST_AROUND:
        raise ModelError(f"{path} puts {len(before) + len(after)} special tokens around a text, expected at most {_MOST_AROUND}")
    return Tokenizer(before, after, light, path.read_bytes, first, scores)


def _check(path: Path, role: str, part: Any, depth: int = 0) -> None:
    """Whether a part of a tokenizer is one that may be."""
    if part is None and role != "model":
        return
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "Sequence" and depth == 0:
        inner = next((part[name] for name in ("normalizers", "pretokenizers", "processors") if name in part), None)
        for each in inner if isinstance(inner, list) else [None]:
            _check(path, "model" if each is None else role, each, 1)
        return
    if kind not in _PARTS[role]:
        raise NotKnown(f"the {role} of its tokenizer is {str(kind)[:80]!r}")
    pattern = part.get("pattern")
    regex = pattern.get("Regex") if isinstance(pattern, dict) else None
    if regex is not None and regex not in _GPT and not (isinstance(regex, str) and _PATTERNS.fullmatch(regex)):
        raise NotKnown(f"the {role} of its tokenizer has the pattern {str(regex)[:80]!r}")


def _around(found: dict[str, Any]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special tokens before and behind a text."""
    processor = found.get("post_processor")
    parts = [part for part in (processor.get("processors", [processor]) if processor else []) if part["type"] != "ByteLevel"]
    if len(parts) > 1:
        raise NotKnown("the post_processor of its tokenizer has several parts")
    for part in parts:
        if part["type"] != "TemplateProcessing":
            return (_id(part["cls"][1]),), (_id(part["sep"][1]),)
        texts = [place for place, item in enumerate(part["single"]) if "Sequence" in item]
        both = sorted(item["Sequence"]["id"] for item in part["pair"] if "Sequence" in item)
        if len(texts) != 1 or both != ["A", "B"] or any(each["type_id"] for item in part["single"] for each in item.values()):
            raise NotKnown("the post_processor of its tokenizer has an unusual template")
        ids = [
            [_id(number) for item in side for number in part["special_tokens"][item["SpecialToken"]["id"]]["ids"]]
            for side in (part["single"][: texts[0]], part["single"][texts[0] + 1 :])
        ]
        return tuple(ids[0]), tuple(ids[1])
    return (), ()


def _agree(told: Config, found: dict[str, Any], before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Raises NotKnown where tokenizer_config.json has it otherwise: transformers follows it, by rules that change with its version."""
    added = {token["content"]: token for token in found.get("added_tokens") or ()}
    named = {name: told.get(name) for name in told if name.endswith("_token") and told.get(name) is not None}
    lists = [told.get(name) or () for name in ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens")]
    several = [token for each in lists for token in (each.values() if isinstance(each, dict) else each)]
    for token in (*named.values(), *several):
        flags = token if isinstance(token, dict) else {"content": token}
        known = added.get(flags["content"], {})
        if any(known.get(name) != flags[name] for name in _FLAGS & flags.keys()):
            raise NotKnown(f"the token {str(flags['content'])[:80]!r} of its tokenizer_config.json is not that of its tokenizer.json")
    if told.get("tokenizer_class") in _AS_IT_IS:
        return
    for name, ids in (("cls_token", before), ("sep_token", after)):
        content = named[name]["content"] if isinstance(named.get(name), dict) else named.get(name)
        if name in told and [added.get(content, {}).get("id")] != [*ids]:
            raise NotKnown(f"the {name} of its tokenizer_config.json is {str(content)[:80]!r}, which its tokenizer.json does not put there")
    usual = _usual(found["model"], **{theirs: told.get(name) for name, theirs in _NORMALIZED.items() if name in told})
    space = (found["pre_tokenizer"] or {}).get("add_prefix_space")
    if (usual and any(found[role] != part for role, part in usual.items())) or (
        space is not None and told.get("add_prefix_space") not in (None, space)
    ):
        raise NotKnown(f"its tokenizer.json is not what its tokenizer_config.json says of a {str(told.get('tokenizer_class'))[:80]}")


def _usual(model: dict[str, Any], **changes: object) -> dict[str, object]:
    """The parts that BERT's tokenizers have by ``changes`` of their settings; none where the model is of another kind."""
    if model["type"] != "WordPiece":
        return {}
    normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    return {
        "normalizer": normalizer | changes,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": model | {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
    }


def _id(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise ValueError(f"a token's id is {str(value)[:40]!r}")
    return value


def _light(found: dict[str, Any]) -> tuple[Callable[[str], list[int] | None], int, NDArray[np.floating[Any]] | None]:
    """What gives tokens without the library, if anything; the first id that is of no special token; and the pieces' scores."""
    model = found["model"]
    if model["type"] == "Unigram":
        return _library_decides, 0, np.array([float(score) for _, score in model["vocab"]])
    vocabulary = model["vocab"]
    if not {*map(type, vocabulary.values())} <= {int} or min(vocabulary.values()) < 0:
        raise ValueError("a token's id is no number")
    added = [str(token["content"]) for token in found.get("added_tokens") or ()]
    first = 0
    for token, number in vocabulary.items():
        if not isinstance(token, str) or number != first or not _LEADING.fullmatch(token):
            break
        first += 1
    if model["type"] == "WordPiece" and model["unk_token"] not in vocabulary:
        raise ValueError(f"it has no token {model['unk_token']!r}")
    lower = (found["normalizer"] or {}).get("lowercase")
    usual = _usual(model, lowercase=lower)
    if isinstance(lower, bool) and usual and all(found[role] == part for role, part in usual.items()):
        return WordPiece(vocabulary, added, unknown=model["unk_token"], lower=lower).encode, first, None
    return _library_decides, first, None


def _library_decides(_text: str) -> list[int] | None:
    return None
