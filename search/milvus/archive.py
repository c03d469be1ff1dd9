"""An index in Milvus: fetches the rows that can matter to a question, as an excerpt that reads like an index in a folder."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from newsdex.errors import IndexDamaged, ServerError
from newsdex.milvus.place import Place
from newsdex.milvus.rows import HEAD, PIECE_FIELDS, TEXT, Head, Row, article_term_key, each_head, heads_of, joined, key_of, term_key
from newsdex.milvus.schema import Collection, open_collection
from newsdex.milvus.server import MOST_FOUND, PATIENCE_SECONDS, PAUSE_SECONDS, Server
from newsdex.search.milvus.excerpt import ExcerptSegment
from newsdex.search.milvus.expressions import any_of, both, one_of
from newsdex.search.ranking.lexical import QueryWord
from newsdex.store.manifest import Manifest
from newsdex.store.postings import SHAPES, Unit
from newsdex.store.sketches import sketch_keys
from newsdex.store.snapshot import Snapshot
from newsdex.values import portions, seconds_of

_BATCH = 500  # articles that are asked for at once, by their keys
_COPY_KEYS = 2_000
_NAMED = 5_000  # articles that an expression names
_FEW = 64  # articles of which it pays to read the texts rather than to ask for another word
_AT_ONCE = 8  # counts that are asked for side by side
SETTLED_SECONDS = 20.0  # after which a load is everywhere: Milvus' bounded reads are 5 s old at most, and clocks may differ a little
_FRESH_SECONDS = 5.0  # that what the index is may be out of date


class Archive:
    """An open index in Milvus. Any number of threads may use it."""

    def __init__(self, place: Place) -> None:
        """Raises as newsdex.milvus.server.Server and newsdex.milvus.schema.open_collection."""
        self.place = place
        self.server = Server(place)
        self.collection = self._found()
        self._looked = time.monotonic()
        self._counts: dict[tuple[int, Unit], int] = {}

    def close(self) -> None:
        """Let go of the connection."""
        self.server.close()

    def refresh(self) -> None:
        """Look whether the index has changed, if the last look was some seconds ago. Raises as the constructor."""
        if time.monotonic() - self._looked > _FRESH_SECONDS:
            self.look_again()

    def look_again(self) -> None:
        """Look which index the name leads to. Another one has another manifest, other languages and other counts."""
        found = self._found()
        self._looked = time.monotonic()
        if found != self.collection:
            self.collection, self._counts = found, {}

    def _found(self) -> Collection:
        """The index as it is now. What was loaded just now is read in full."""
        found = open_collection(self.server)
        self.server.sees_all = time.time() - seconds_of(found.about.created) < SETTLED_SECONDS
        return found

    @property
    def manifest(self) -> Manifest:
        """What it is, as of an index in a folder."""
        return self.collection.about.manifest(self.collection.passages)

    @property
    def languages(self) -> list[str]:
        """Those of all articles, ascending; "" where one is not known."""
        return sorted(self.collection.about.languages or {})

    def is_whole(self) -> bool:
        """Whether the server shows all passages, so that an answer of this moment is made of all."""
        least = self.collection.about.least
        return self.place.is_file or not least or self.server.count(self.collection.passages, "") >= least

    def check_whole(self) -> None:
        """Wait until the server shows all passages: one with a dead node answers from the rest. Raises ServerError after seconds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.is_whole():
            if time.monotonic() > end:
                raise ServerError(
                    f"{self.place.given} does not show all {self.manifest.passages} passages: a node may have died. Try again in some "
                    f"seconds: docs/CLUSTER.md"
                )
            time.sleep(PAUSE_SECONDS)
            self.look_again()

    def snapshot(self, heads: Iterable[Head] = (), rows: Sequence[Row] = (), words: Sequence[QueryWord] = ()) -> Snapshot:
        """An excerpt: these articles, with those of their passages that are in ``rows``, as ExcerptSegment takes them."""
        return Snapshot(Path(self.place.given), "", self.manifest, (ExcerptSegment(self, list(heads), rows, words),))

    def count_all(self, terms: Iterable[int]) -> None:
        """Count each of ``terms``, which are hashes, in passages and in articles, side by side."""
        new = [(term, unit) for term in dict.fromkeys(terms) for unit in SHAPES if (term, unit) not in self._counts]
        if len(new) > 1:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda each: self.count(*each), new))

    def count(self, term: int, unit: Unit) -> int:
        """In how many passages or articles the term of this hash occurs."""
        if (term, unit) not in self._counts:
            key = term_key(term) if unit == "passage" else article_term_key(term)
            self._counts[term, unit] = self.server.count(self.collection.passages, any_of("terms", [key]))
        return self._counts[term, unit]

    def heads(self, keys: Iterable[str]) -> dict[str, Head]:
        """The articles of these keys, without those that are gone."""
        wanted = list(dict.fromkeys(keys))
        found = heads_of(self._articles(HEAD, wanted))
        return found | heads_of(self._again(HEAD, [key for key in wanted if key not in found]))

    def heads_with(self, expression: str) -> Iterator[Head]:
        """All articles whose heads meet ``expression``."""
        rows = self.server.every(self.collection.articles, both(f'kind == "{HEAD}"', expression), PIECE_FIELDS)
        return (head for _, head in each_head(rows))

    def having(self, words: Iterable[Iterable[int]]) -> list[str] | None:
        """Keys of articles with each of ``words``, hashes of its terms, or with the first, if these leave few; None without words."""
        keys: list[str] | None = None
        for terms in words:
            if keys is not None and len(keys) <= _FEW:
                break
            here = any_of("terms", map(article_term_key, terms))
            if keys is not None and len(keys) <= _NAMED:
                here = both(here, one_of("article", keys))
            found = {row["article"] for row in self.server.every(self.collection.passages, here, ("article",))}
            keys = sorted(found if keys is None else found.intersection(keys))
        return keys

    def passages(self, keys: Iterable[str], fields: Sequence[str]) -> Iterator[Row]:
        """The passages of the articles of these keys."""
        for some in portions(keys, _NAMED):
            yield from self.server.every(self.collection.passages, one_of("article", some), fields)

    def copies_of(self, heads: Iterable[Head]) -> dict[str, Head]:
        """The other articles that have a copy key of one of ``heads``, by key."""
        known = {key_of(head.article.id): head for head in heads}
        copy_keys = sorted({key for head in known.values() for key in sketch_keys(head.sketch)})
        found: dict[str, Head] = {}
        for some in portions(copy_keys, _COPY_KEYS):
            expression = both(f'kind == "{HEAD}" and piece == 0', any_of("copy_keys", some))
            rows = self.server.query(self.collection.articles, expression, PIECE_FIELDS, limit=MOST_FOUND)
            new = [row for row in rows if row["article"] not in known]
            whole = heads_of(new)
            found |= whole | self.heads(row["article"] for row in new if row["article"] not in whole)
        return found

    def texts(self, heads: Sequence[Head]) -> dict[str, str]:
        """The texts of articles, by their ids. Raises IndexDamaged when one is not there."""
        wanted = {(key_of(head.article.id), head.version): head.article.id for head in heads}
        contents = dict(joined(self._articles(TEXT, (key for key, _ in wanted))))
        end = time.monotonic() + (0 if self.place.is_file else PATIENCE_SECONDS)
        while missing := [each for each in wanted if each not in contents]:
            if time.monotonic() > end:
                given = self.place.given
                raise IndexDamaged(f"{given} has no text of {wanted[missing[0]]!r}. Load it again: newsdex push FOLDER {given}")
            contents |= dict(joined(self._again(TEXT, [key for key, _ in missing])))
        return {name: contents[each] for each, name in wanted.items()}

    def _again(self, kind: str, keys: Sequence[str]) -> Iterator[Row]:
        """The rows of what was not there, as ``check_whole`` has it."""
        if keys and not self.place.is_file:
            time.sleep(PAUSE_SECONDS)
            yield from self._articles(kind, keys, strong=True)

    def _articles(self, kind: str, keys: Iterable[str], *, strong: bool = False) -> Iterator[Row]:
        for some in portions(dict.fromkeys(keys), _BATCH):
            these = both(f'kind == "{kind}"', one_of("article", some))
            rows = self.server.query(self.collection.articles, these, PIECE_FIELDS, limit=MOST_FOUND, strong=strong)
            yield from rows if len(rows) < MOST_FOUND else self.server.every(self.collection.articles, these, PIECE_FIELDS)
