"""The questions' vectors are kept from one run to the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xxhash

from newsdex import Options, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.following import follow, tell, unfollow
from newsdex.following.telling import Remembering
from newsdex.store.following import following


def test_what_is_known_is_not_encoded() -> None:
    """A vector is the known one, whatever the encoder would make of the text; the others are the encoder's."""
    encoder = HashEncoder()
    known = np.arange(encoder.card.dimension, dtype=np.float32)
    remembering = Remembering(encoder, {xxhash.xxh3_64_intdigest(b"known"): known})
    found = remembering.encode_questions(["new", "known", "new"])
    assert (found[1] == known).all()
    assert (found[[0, 2]] == encoder.encode_questions(["new"])[0]).all()
    assert len(remembering.used) == 2


def test_they_are_those_of_the_questions(tmp_path: Path) -> None:
    """After a run the index has them, without those of a question that is followed no more."""
    articles, index = tmp_path / "articles", tmp_path / "index_data"
    articles.mkdir()

    def update(name: str) -> None:
        (articles / f"{name}.md").write_text(f"# {name}\n\nSomething about {name}.\n", encoding="utf-8")
        index_paths([articles], index, Options(model="hash"))
        assert tell(index) == []

    update("one")
    follow(index, "first question", jsonl=tmp_path / "news.jsonl")
    follow(index, "second question", jsonl=tmp_path / "news.jsonl")
    card = HashEncoder().card
    update("two")
    with following(index) as held:
        vectors = held.vectors(card)
    assert vectors.keys() == {xxhash.xxh3_64_intdigest(text) for text in (b"first question", b"second question")}
    assert (vectors[xxhash.xxh3_64_intdigest(b"first question")] == HashEncoder().encode_questions(["first question"])[0]).all()
    unfollow(index, "first-question")
    update("three")
    with following(index) as held:
        assert held.vectors(card).keys() == {xxhash.xxh3_64_intdigest(b"second question")}
