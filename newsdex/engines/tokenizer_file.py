"""The tokenizer.json of a model, which may come from anybody: what it is made of is checked before the tokenizers library reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsdex.engines.description import NotKnown, read_json
from newsdex.engines.tokens import Tokenizer
from newsdex.engines.wordpiece import WordPiece
from newsdex.errors import ModelError

_LARGEST = 1 << 26  # bytes of a tokenizer.json: those of 250,000 pieces have 17 MB
_MOST_LISTS = 1_000_000  # each piece is one, or each merge of two
_MOST_AROUND = 8  # special tokens of a text
_LEADING = re.compile(r"\[.*\]|<.*>")  # special and unused tokens, with which vocabularies begin

# What a tokenizer may be made of. Others could be slow on text that is made for it: patterns are searched by backtracking.
_PARTS = {
    "normalizer": {
        "BertNormalizer",
        "Lowercase",
        "NFC",
        "NFD",
        "NFKC",
        "NFKD",
        "Nmt",
        "Precompiled",
        "Prepend",
        "Replace",
        "Strip",
        "StripAccents",
    },
    "pre_tokenizer": {"BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Split", "Whitespace", "WhitespaceSplit"},
    "post_processor": {"BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"},
    "model": {"BPE", "Unigram", "WordPiece"},
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


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a tokenizer.json.

    Raises ModelError when it is damaged, and NotKnown when it is made of other things than the families' are.
    """
    if not path.exists():
        raise NotKnown("it has no tokenizer.json")
    found = read_json(path, most=_LARGEST, lists=_MOST_LISTS)
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a JSON object")
    for role in _PARTS:
        _check(path, role, found.get(role))
    try:
        before, after = _around(found)
        light, first, scores = _light(found)
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
    processor = found["post_processor"]
    parts = processor.get("processors", [processor]) if processor else []
    for part in parts:
        if part["type"] in ("BertProcessing", "RobertaProcessing"):
            return (_id(part["cls"][1]),), (_id(part["sep"][1]),)
        if part["type"] == "TemplateProcessing":
            sides: tuple[list[int], list[int]] = ([], [])
            behind = False
            for item in part["single"]:
                if "Sequence" in item:
                    behind = True
                else:
                    sides[behind].extend(map(_id, part["special_tokens"][item["SpecialToken"]["id"]]["ids"]))
            return tuple(sides[0]), tuple(sides[1])
    return (), ()


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
    normalizer = found["normalizer"] or {}
    lower = normalizer.get("lowercase")
    expected = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lower}
    same = normalizer == expected and (found["pre_tokenizer"] or {}).get("type") == "BertPreTokenizer"
    details = model["type"], model.get("continuing_subword_prefix"), model.get("max_input_chars_per_word")
    if isinstance(lower, bool) and same and details == ("WordPiece", "##", 100) and model["unk_token"] in vocabulary:
        return WordPiece(vocabulary, added, unknown=model["unk_token"], lower=lower).encode, first, None
    return _library_decides, first, None


def _library_decides(_text: str) -> list[int] | None:
    return None
