"""Copies of an article: which texts count as copies, and what becomes of them in a ranking."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import ROOT

from newsdex.engines.hashing import HashEncoder
from newsdex.errors import IndexDamaged
from newsdex.indexer.upkeep.status import read_status
from newsdex.records import Article, Copy, Published, Span
from newsdex.search.question.when import as_of_mask
from newsdex.search.ranking import copies as ranking_copies
from newsdex.search.ranking.candidates import Ranked
from newsdex.search.ranking.copies import CopyFinder, Group, collapse
from newsdex.settings import Chunking
from newsdex.store import copies as copies_module
from newsdex.store.copies import DAYS, FEWEST, RATIO, SHARE, SHINGLES, SHORT_SHARE, Found, Place, copied_share, copies_of, is_correction
from newsdex.store.segment import Entry
from newsdex.store.sketches import EMPTY, KEYS, SIZE, Shingler, Sketch, Sketches, last_bits, most_shared, overlap
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer

XQUAD = ROOT.parent / "shared" / "data" / "xquad"
WORDS = [f"word{number}" for number in range(2_000)]


def prose(seed: int, words: int) -> str:
    """So many random words, the same for the same seed."""
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) for _ in range(words))


def first(text: str, words: int) -> str:
    """The beginning of a text."""
    return " ".join(text.split()[:words])


def article(name: str, text: str, published: str = "2024-04-26", **metadata: str) -> Article:
    """An article of a text; no date where ``published`` is empty."""
    when = Published(published, "made up") if published else None
    return Article(name, text, Path(f"/{name}"), "0" * 64, name.title(), name, name, when, body=Span(0, len(text)), metadata=metadata)


def entry(made: Article, passage: int = 40) -> Entry:
    """An article in passages of so many words."""
    words, spans, start = made.text.split(" "), [], 0
    for number in range(0, len(words), passage):
        length = len(" ".join(words[number : number + passage]))
        spans.append(Span(start, start + length))
        start += length + 1
    vectors = np.ones((len(spans), HashEncoder.card.dimension), np.float32) / np.float32(8)
    keys = np.random.default_rng(len(made.text)).integers(0, 256, (len(spans), 16)).astype(np.uint8)
    return Entry(made, b"0" * 16, spans, spans, keys, vectors)


def write(folder: Path, articles: Iterable[Article], deleted: Iterable[str] = ()) -> Snapshot:
    """One commit: some articles in, some out."""
    with Writer(folder, HashEncoder.card, Chunking()) as writer:
        for name in deleted:
            assert writer.delete(name)
        for made in articles:
            writer.add(entry(made))
        writer.commit([])
    return Snapshot.open(folder)


def places(snapshot: Snapshot) -> dict[str, Place]:
    """Where each article lies, by its id."""
    return {snapshot.segments[number].article_id(row): Place(number, row) for number, row in snapshot.articles()}


def copies(snapshot: Snapshot) -> dict[str, dict[str, float]]:
    """By the id of each article, those of its copies, with their similarity."""
    where = places(snapshot)
    names = {place: name for name, place in where.items()}
    found = copies_of(snapshot, list(where.values()))
    return {name: {names[copy.place]: copy.similarity for copy in mine} for name, mine in zip(where, found, strict=True)}


def ranking(snapshot: Snapshot, *ranked: tuple[str, int]) -> list[Ranked]:
    """Articles by their ids, each with the number of its best passage."""
    where = places(snapshot)
    return [Ranked(*where[name], snapshot.segments[where[name].segment].passages(where[name].row)[passage]) for name, passage in ranked]


def ids(snapshot: Snapshot, ranked: Sequence[Ranked], groups: Sequence[Group]) -> list[tuple[str, list[str]]]:
    """Of each group the id of the article that is shown, and those that are listed with it."""
    finder = CopyFinder(snapshot)
    shown = [ranked[group.shown].place for group in groups]
    return [
        (snapshot.segments[place.segment].article_id(place.row), [copy.article_id for copy in finder.also_in(group)])
        for place, group in zip(shown, groups, strict=True)
    ]


# Shingles and sketches


def words_of(text: str, width: int = 3) -> set[tuple[str, ...]]:
    """The shingles of a text that is only words of ASCII in lower case, as words."""
    words = text.split()
    return {tuple(words[start : start + width]) for start in range(len(words) - width + 1)}


def numbers_of(sketch: Sketch) -> set[int]:
    """The numbers of a sketch."""
    return set(sketch[sketch != EMPTY].tolist())


@given(st.lists(st.sampled_from(WORDS[:6]), max_size=60))
def test_a_text_has_a_shingle_for_each_different_run_of_three_words(words: list[str]) -> None:
    text = " ".join(words)
    assert len(Shingler().shingles(text)) == len(words_of(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("The minister, on Friday: resigned!", "THE MINISTER ON FRIDAY RESIGNED", id="case and punctuation"),
        pytest.param(
            "Le pr\u00e9sident a d\u00e9missionn\u00e9",
            "Le pre\u0301sident a de\u0301missionne\u0301",
            id="composed and decomposed letters",
        ),
        pytest.param("one two\n\nthree   four", "one two three four", id="white space"),
        pytest.param("\uff21\uff22\uff23 one two three", "ABC one two three", id="full width letters"),
    ],
)
def test_the_same_words_are_the_same_shingles(one: str, other: str) -> None:
    shingler = Shingler()
    assert shingler.shingles(one).tolist() == shingler.shingles(other).tolist() != []


def test_where_no_space_stands_between_words_a_shingle_is_six_characters() -> None:
    text = "\u4e2d\u56fd\u5916\u4ea4\u90e8\u957f\u5468\u4e94\u8868\u793a"
    assert len(Shingler().shingles(text)) == len(text) - 5
    assert len(Shingler().shingles(text[:5])) == 0


def test_a_sketch_is_the_least_shingles_and_is_filled_up() -> None:
    shingler = Shingler()
    long, short = prose(1, 400), prose(2, 30)
    assert shingler.sketch(long).tolist() == shingler.shingles(long)[:SIZE].tolist()
    assert shingler.sketch(short).tolist() == shingler.shingles(short).tolist() + [EMPTY] * (SIZE - 28)
    assert shingler.sketch("").tolist() == [EMPTY] * SIZE


@settings(max_examples=50)
@given(st.integers(0, 3), st.integers(0, 129), st.integers(0, 3), st.integers(0, 129))
def test_what_short_texts_share_is_counted_exactly(seed: int, words: int, other_seed: int, other_words: int) -> None:
    """The oracle: sets of words. Texts of fewer than SIZE shingles fit in their sketches."""
    one, other = prose(seed, words), prose(other_seed, other_words)
    shingler = Shingler()
    found = overlap(shingler.sketch(one), shingler.sketch(other)[None])
    first_set, second = words_of(one), words_of(other)
    small, large = sorted((len(first_set), len(second)))
    common = len(first_set & second)
    assert found.share[0] == (common / small if small else 0)
    assert found.shingles[0] == pytest.approx(common)
    assert found.ratio[0] == (large / small if small else large)


def test_what_long_texts_share_is_estimated_without_bias() -> None:
    """Of 300 pairs that share between nothing and all: within four standard errors each, and right in the mean."""
    shingler = Shingler()
    errors = []
    for number in range(300):
        chance = random.Random(number)
        one = prose(number, 1_000)
        kept = chance.randrange(300, 1_000)
        other = first(one, kept) + " " + prose(10_000 + number, chance.randrange(0, 700))
        exact = len(words_of(one) & words_of(other)) / min(len(words_of(one)), len(words_of(other)))
        found = overlap(shingler.sketch(one), shingler.sketch(other)[None])
        errors.append(float(found.share[0]) - exact)
        assert found.shingles[0] == pytest.approx(kept, rel=0.5)
    assert max(map(abs, errors)) < 4 * np.sqrt(0.25 / (SIZE * 0.6))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < np.sqrt(0.25 / SIZE)


@given(
    st.lists(
        st.sampled_from(["ferry", "Half", "5", ".5", "1,300", "5.", "(on", "\u201ccaf\u00e9", "e\u0301t\u00e9", "\u5317\u4eac", "a-b"]),
        max_size=30,
    ),
    st.integers(0, 60),
    st.integers(0, 60),
    st.booleans(),
)
def test_what_has_a_passage_verbatim_has_its_shingles_and_figures(words: list[str], start: int, length: int, ascii_only: bool) -> None:
    """The passage is any part of the text, so that words at its ends may be cut."""
    body = " ".join(word for word in words if word.isascii() or not ascii_only)
    passage = body[start : start + length]
    shingler = Shingler()
    if ranking_copies._has_verbatim(body, passage):
        assert set(shingler.shingles(passage).tolist()) <= set(shingler.shingles(body).tolist())
        assert ranking_copies._figures(passage) <= ranking_copies._figures(body)
    assert ranking_copies._has_verbatim(body, body) == (not any(letter in body for letter in "\u0301\u5317"))


# The rule


def test_copies_share_the_numbers_that_are_looked_for_first() -> None:
    """Of pairs of all sizes, some of which are copies: what shares fewer numbers is none."""
    chance, shingler = random.Random(0), Shingler()
    copies = 0
    for number in range(600):
        one = prose(number, chance.randrange(20, 800))
        kept = chance.randrange(20, 800)
        other = first(one, kept) + " " + prose(10_000 + number, chance.randrange(kept))
        sketch, others = shingler.sketch(one), shingler.sketch(other)[None]
        if copies_module.are_copies(overlap(sketch, others), np.ones(1, np.bool_))[0]:
            copies += 1
            assert len(numbers_of(sketch) & numbers_of(others[0])) >= copies_module._SHARED
    assert 100 < copies < 600


def test_no_text_shares_more_numbers_than_are_counted() -> None:
    """The oracle: sets of numbers, of texts in any order beside texts without a word; and unrelated texts have few in common."""
    shingler, which = Shingler(), np.random.default_rng(0).integers(0, 12, 2_000)
    texts = ["", *(prose(number, 20 + 90 * number) for number in range(11))]
    mixed = [f"{first(texts[number], 15 * number)} {prose(100 + place, place % 300)}" for place, number in enumerate(which.tolist())]
    sketches, others = (np.stack([shingler.sketch(text) for text in some]) for some in (texts, mixed))
    shared = np.array([len(numbers_of(sketches[number]) & numbers_of(other)) for number, other in zip(which, others, strict=True)])
    table = last_bits(sketches)
    most = most_shared(table, which, others)
    assert (most >= shared).all()
    whole = (sketches[which, -1] != EMPTY) & (others[:, -1] != EMPTY)
    assert np.mean((most - shared)[whole] < 16) > 0.99
    assert not len(most_shared(table, which[:0], others[:0]))


def test_a_cut_story_under_another_lead_with_a_paragraph_added_is_a_copy(tmp_path: Path) -> None:
    wire = prose(1, 600)
    edited = prose(2, 30) + " " + " ".join(wire.split()[40:400]) + " " + prose(3, 60)
    snapshot = write(tmp_path, [article("wire", wire), article("edited", edited, "2024-04-28"), article("else", prose(4, 600))])
    found = copies(snapshot)
    assert list(found["wire"]) == ["edited"]
    assert found["wire"]["edited"] == found["edited"]["wire"] == pytest.approx(358 / 448, abs=0.1)
    assert found["else"] == {}


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        pytest.param(prose(1, 400), first(prose(1, 400), 240) + " " + prose(2, 160), True, id="three fifths are the same"),
        pytest.param(prose(1, 400), first(prose(1, 400), 140) + " " + prose(2, 260), False, id="a third is the same"),
        pytest.param(prose(1, 90), first(prose(1, 90), 65) + " " + prose(2, 25), False, id="a short notice from the same mould"),
        pytest.param(prose(1, 90), first(prose(1, 90), 85) + " " + prose(2, 5), True, id="a short notice that is the same"),
        pytest.param(prose(1, 600), first(prose(1, 600), 150), True, id="a quarter of a story"),
        pytest.param(prose(1, 600), first(prose(1, 600), 90), False, id="a sixth of a story"),
        pytest.param(prose(1, 12), prose(1, 12), False, id="a caption"),
        pytest.param("", "", False, id="nothing"),
        pytest.param(prose(1, 400), " ".join(reversed(prose(1, 400).split())), False, id="the same words in another order"),
    ],
)
def test_copies_are_texts_of_which_the_smaller_is_mostly_in_the_larger(tmp_path: Path, text: str, other: str, expected: bool) -> None:
    snapshot = write(tmp_path, [article("a", text), article("b", other)])
    assert bool(copies(snapshot)["a"]) is bool(copies(snapshot)["b"]) is expected


@pytest.mark.parametrize(
    ("one", "other", "alike", "expected"),
    [
        pytest.param("2024-04-26", f"2024-04-{26 - DAYS}", 0.6, True, id="the last day"),
        pytest.param("2024-04-26", f"2024-04-{25 - DAYS}", 1.0, False, id="a day later, however alike"),
        pytest.param("2024-04-29", "2024-05-02", 0.6, True, id="over the end of a month"),
        pytest.param("2024-04-26T23:59:00-05:00", "2024-04-28", 0.6, True, id="a time"),
        pytest.param("2024-04-26", "", 1.0, True, id="one date unknown, the same text"),
        pytest.param("2024-04-26", "", 0.6, False, id="one date unknown, much of the text"),
        pytest.param("", "", 1.0, True, id="both unknown, the same text"),
        pytest.param("", "", 0.6, False, id="both unknown, much of the text"),
        pytest.param("2024-04", "2024-04-10", 1.0, True, id="a month that can be near, the same text"),
        pytest.param("2024-04", "2024-04-10", 0.6, False, id="a month that can be near, much of the text"),
        pytest.param("2024-04", "2024-06-10", 1.0, False, id="a month that cannot be near"),
        pytest.param("2024", "2024-04-10", 1.0, True, id="a year"),
        pytest.param("2023", "2024-04-10", 1.0, False, id="another year"),
    ],
)
def test_copies_were_published_within_days_of_each_other(tmp_path: Path, one: str, other: str, alike: float, expected: bool) -> None:
    text = prose(1, 400)
    kept = first(text, round(400 * alike))
    both = [article("a", text, one), article("b", f"{kept} {prose(2, 400 - len(kept.split()))}", other)]
    write(tmp_path / "two segments", both[:1])
    for snapshot in (write(tmp_path / "one segment", both), write(tmp_path / "two segments", both[1:])):
        assert bool(copies(snapshot)["a"]) is bool(copies(snapshot)["b"]) is expected


def test_segments_of_other_weeks_are_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An article is looked up in the segments that have articles of its days, or some without a date."""
    for number, day in enumerate(("2024-01-10", "2024-01-15", "2024-01-30", "")):
        snapshot = write(tmp_path, [article(f"a{number}", prose(number, 60), day)])
    asked, whole = [], Sketches.holders
    monkeypatch.setattr(Sketches, "holders", lambda self, keys: asked.append(len(keys)) or whole(self, keys))
    copies_of(snapshot, [Place(0, 0)])
    assert asked == [KEYS, KEYS, 0, KEYS]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({}, {"corrects": "old"}, id="the new one names the old"),
        pytest.param({"corrected_by": "new"}, {}, id="the old one names the new"),
    ],
)
def test_a_corrected_version_is_no_copy(tmp_path: Path, old: dict[str, str], new: dict[str, str]) -> None:
    text = prose(1, 300)
    snapshot = write(tmp_path, [article("old", text, **old), article("new", text, **new), article("reprint", text)])
    assert {name: set(found) for name, found in copies(snapshot).items()} == {
        "old": {"reprint"},
        "new": {"reprint"},
        "reprint": {"old", "new"},
    }


@pytest.mark.skipif(not XQUAD.exists(), reason="needs the collection xquad")
@pytest.mark.parametrize(("words", "source", "copies"), [(280, "A", 0), (280, "B", 1), (360, "A", 1), (360, "", 1), (280, "", 1)])
def test_background_in_stories_of_one_source_makes_no_copy(tmp_path: Path, words: int, source: str, copies: int) -> None:
    """Of 400 words 280 are the same: a reprint by another source, and background by the same one. With 360 it is an update, whoever
    published it.
    """
    shared = prose(1, words)
    one = replace(article("one", f"{prose(2, 400 - words)} {shared}"), source="A" if source else "")
    other = replace(article("other", f"{prose(3, 400 - words)} {shared}", "2024-04-27"), source=source)
    snapshot = write(tmp_path, [one, other])
    assert [len(found) for found in copies_of(snapshot, [Place(0, 0), Place(0, 1)])] == [copies, copies]
    assert copied_share(snapshot) == copies


def test_the_latest_version_of_a_source_is_shown(tmp_path: Path) -> None:
    """A paper updates its story twice; another had reprinted the first version in between. The newest version is the hit, and the others
    are listed with it, earliest first.
    """
    text = prose(4, 300)
    versions = [
        replace(article(name, f"{text} {prose(number, 20)}", day), source=source)
        for number, (name, day, source) in enumerate(
            [
                ("first", "2024-04-24", "A"),
                ("reprint", "2024-04-25", "B"),
                ("second", "2024-04-25", "A"),
                ("third", "2024-04-26", "A"),
                ("undated", "", "A"),
            ],
            10,
        )
    ]
    snapshot = write(tmp_path, versions)
    ranked = [Ranked(0, row, snapshot.segments[0].passages(row).start) for row in (1, 0, 3, 4, 2)]
    [group] = collapse(ranked, 5, CopyFinder(snapshot))
    assert ranked[group.shown].row == 3
    assert group.best == 0
    assert [copy.article_id for copy in CopyFinder(snapshot).also_in(group)] == ["first", "reprint", "second", "undated"]
    # For the latest on a story, newer articles are ranked first: the first one is shown, whoever published it.
    [group] = collapse(ranked, 5, CopyFinder(snapshot), newest=True)
    assert (group.shown, group.best) == (0, 0)
    assert [copy.article_id for copy in CopyFinder(snapshot).also_in(group)] == ["first", "second", "third", "undated"]


def test_translations_and_neighbouring_paragraphs_are_no_copies(tmp_path: Path) -> None:
    articles = []
    for language in ("en", "de", "es", "zh"):
        with (XQUAD / language / "corpus.jsonl").open(encoding="utf-8") as lines:
            documents = [json.loads(line) for line in lines]
        articles += [article(f"{language} {document['_id']}", document["text"]) for document in documents]
    assert not any(copies(write(tmp_path, articles)).values())


def test_of_the_sample_archive_adapted_and_updated_stories_are_copies_and_no_other(sample_index: Path) -> None:
    """Six are adapted from another outlet's, four are an outlet's updates of its own with nearly the same text. The rest are written by
    different hands on the same events, in several languages, or tell days later how a story went on.
    """
    pairs = {
        tuple(sorted((Path(one).stem, Path(other).stem))) for one, found in copies(Snapshot.open(sample_index)).items() for other in found
    }
    assert pairs == {
        ("2024-02-29-northgate-library-fire-nb", "2024-03-02-northgate-library-fire-update-nb"),
        ("2024-03-13-eu-ai-act-hc", "2024-03-14-eu-ai-act-nb"),
        ("2024-03-26-baltimore-bridge-hc", "2024-03-27-baltimore-bridge-nb"),
        ("2024-04-03-hualien-earthquake-hc", "2024-04-04-taiwan-quake-nb"),
        ("2024-04-26-blinken-beijing-hc", "2024-04-27-blinken-beijing-nb"),
        ("2024-05-21-sq321-turbulence-nb", "2024-05-22-sq321-turbulence-update-nb"),
        ("2024-05-23-srebrenica-un-resolution-hc", "2024-05-24-srebrenica-un-vote-al"),
        ("2024-06-02-hochwasser-sueddeutschland-tl", "2024-06-03-hochwasser-sueddeutschland-aktuell-tl"),
        ("2024-06-14-g7-loan-hc", "2024-06-14-g7-loan-nb"),
        ("2024-08-09-voepass-vinhedo-me", "2024-08-10-voepass-vinhedo-correccion-me"),
    }


def is_copy(one: Article, other: Article) -> bool:
    """The rule on sets of words and on dates, for days that are known: the oracle."""
    mine, theirs = words_of(one.text), words_of(other.text)
    small, large = sorted((len(mine), len(theirs)))
    common = len(mine & theirs)
    assert one.published
    assert other.published
    apart = abs((one.published.earliest - other.published.earliest).days)
    alike = (common >= SHARE * small and common >= SHINGLES) or (common >= SHORT_SHARE * small and common >= FEWEST)
    return small > 0 and apart <= DAYS and alike and large <= RATIO * small


@st.composite
def archives(draw: st.DrawFn) -> list[Article]:
    """Articles of up to 129 words, each made of pieces of four texts, over two weeks."""
    made = []
    for number in range(draw(st.integers(2, 10))):
        pieces = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 110), st.sampled_from((20, 60, 110))), min_size=1, max_size=2))
        words = [word for seed, start, length in pieces for word in prose(seed, 129).split()[start : start + length]][:129]
        made.append(article(f"a{number}", " ".join(words), f"2024-04-{draw(st.integers(10, 24))}"))
    return made


@settings(max_examples=40, deadline=None)
@given(archives())
def test_copies_are_those_that_comparing_all_pairs_of_texts_finds(articles: list[Article]) -> None:
    """Texts of fewer than SIZE shingles are compared exactly; a copy shares so much that one of its KEYS is found."""
    with TemporaryDirectory() as scratch:
        found = copies(write(Path(scratch, "index"), articles))
    expected = {a.id: {b.id for b in articles if b.id != a.id and is_copy(a, b)} for a in articles}
    for name, mine in expected.items():
        assert set(found[name]) <= mine
        for other in mine - set(found[name]):  # possible only where no key is shared
            one, two = (Shingler().sketch(next(a.text for a in articles if a.id == n))[:KEYS] for n in (name, other))
            assert not np.isin(one, two[two != EMPTY]).any()


@settings(max_examples=20, deadline=None)
@given(archives(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_an_index_that_grew_knows_the_same_copies_as_one_that_was_built_at_once(
    articles: list[Article], chance: random.Random, commits: int
) -> None:
    """Whatever the order in which articles came, were replaced and deleted; and rankings collapse alike."""
    gone = [article(f"gone{number}", made.text) for number, made in enumerate(articles[::2])]
    older = [article(made.id, gone[0].text, "2024-04-15") for made in articles[::3]]
    coming = [*gone, *older]
    chance.shuffle(coming)
    final = list(articles)
    chance.shuffle(final)
    with TemporaryDirectory() as scratch:
        grown, built = Path(scratch, "grown"), Path(scratch, "built")
        write(grown, coming)
        for number in range(commits):
            write(grown, final[number::commits])
        one, other = write(grown, [], [made.id for made in gone]), write(built, articles)
        assert copies(one) == copies(other)
        ranked = [(made.id, 0) for made in final if made.text]
        results = [ids(s, ranking(s, *ranked), collapse(ranking(s, *ranked), 20, CopyFinder(s))) for s in (one, other)]
        assert results[0] == results[1]


# Rankings


def reprints(tmp_path: Path) -> Snapshot:
    """A wire story, two reprints of it, a roundup that has it too, and another story."""
    wire = prose(1, 400)
    return write(
        tmp_path,
        [
            article("reprint", wire, "2024-04-27"),
            article("other", prose(2, 400)),
            article("wire", wire, "2024-04-26"),
            article("cut", first(wire, 200), "2024-04-28"),
            article("roundup", f"{wire} {prose(3, 400)}", "2024-04-29"),
        ],
    )


def test_the_earliest_copy_is_shown_in_the_place_of_the_best(tmp_path: Path) -> None:
    snapshot = reprints(tmp_path)
    ranked = ranking(snapshot, ("reprint", 0), ("other", 0), ("wire", 0), ("cut", 0))
    groups = collapse(ranked, 5, CopyFinder(snapshot))
    assert groups[0].shown == 2
    assert groups[0].folded == (0, 3)
    assert ids(snapshot, ranked, groups) == [("wire", ["reprint", "cut", "roundup"]), ("other", [])]


def test_copies_that_do_not_answer_are_listed_but_not_shown(tmp_path: Path) -> None:
    snapshot = reprints(tmp_path)
    ranked = ranking(snapshot, ("cut", 0))
    assert ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot))) == [("cut", ["wire", "reprint", "roundup"])]


def test_an_article_that_answers_with_a_passage_of_its_own_stays_a_hit(tmp_path: Path) -> None:
    """The best passage of the roundup, number 15, is not in the wire story, but that of the wire story is in the roundup."""
    snapshot = reprints(tmp_path)
    ranked = ranking(snapshot, ("wire", 0), ("roundup", 15), ("cut", 0))
    assert ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot))) == [("wire", ["reprint", "cut"]), ("roundup", [])]
    late = ranking(snapshot, ("roundup", 15), ("wire", 0))
    assert ids(snapshot, late, collapse(late, 5, CopyFinder(snapshot))) == [("roundup", ["wire", "reprint", "cut"])]


def test_a_cut_copy_is_not_shown_for_what_was_cut_from_it(tmp_path: Path) -> None:
    wire = prose(1, 400)
    snapshot = write(tmp_path, [article("cut", first(wire, 200), "2024-04-25"), article("wire", wire)])
    ranked = ranking(snapshot, ("wire", 9), ("cut", 4))
    assert ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot))) == [("wire", ["cut"])]
    ranked = ranking(snapshot, ("wire", 3), ("cut", 3))
    assert ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot))) == [("cut", ["wire"])]


def test_as_many_groups_as_are_asked_for_or_there_are(tmp_path: Path) -> None:
    stories = [article(f"s{number}c{copy}", prose(number, 150), f"2024-04-2{copy}") for number in range(6) for copy in range(3)]
    snapshot = write(tmp_path, stories)
    ranked = ranking(snapshot, *((story.id, 0) for story in stories))
    finder = CopyFinder(snapshot)
    for limit in range(1, 9):
        groups = collapse(ranked, limit, finder)
        assert len(groups) == min(limit, 6)
        assert [snapshot.segments[ranked[g.shown].segment].article_id(ranked[g.shown].row) for g in groups] == [
            f"s{n}c0" for n in range(len(groups))
        ]
    assert [len(collapse(ranked[:length], 9, finder)) for length in (0, 1, 3, 4, 18)] == [0, 1, 1, 2, 6]


def test_a_copy_that_answers_otherwise_and_is_not_among_the_hits_is_listed(tmp_path: Path) -> None:
    snapshot = reprints(tmp_path)
    ranked = ranking(snapshot, ("wire", 0), ("other", 0), ("roundup", 15))
    assert ids(snapshot, ranked, collapse(ranked, 2, CopyFinder(snapshot))) == [("wire", ["reprint", "cut", "roundup"]), ("other", [])]


def test_copies_that_an_archive_did_not_have_yet_are_not_listed(tmp_path: Path) -> None:
    snapshot = reprints(tmp_path)
    existing = [as_of_mask(segment, date(2024, 4, 27)) for segment in snapshot.segments]
    ranked = ranking(snapshot, ("wire", 0))
    [group] = collapse(ranked, 5, CopyFinder(snapshot, existing))
    assert [copy.article_id for copy in CopyFinder(snapshot).also_in(group)] == ["reprint"]


def test_a_group_has_the_rank_of_its_best(tmp_path: Path) -> None:
    snapshot = reprints(tmp_path)
    ranked = ranking(snapshot, ("other", 0), ("reprint", 0), ("cut", 0), ("wire", 0))
    groups = collapse(ranked, 5, CopyFinder(snapshot))
    assert [(group.best, group.shown) for group in groups] == [(0, 0), (1, 3)]


def test_each_article_of_a_ranking_is_in_one_group(tmp_path: Path) -> None:
    snapshot = reprints(tmp_path)
    ranked = ranking(snapshot, ("roundup", 15), ("cut", 4), ("wire", 9), ("other", 1), ("reprint", 0))
    groups = collapse(ranked, 9, CopyFinder(snapshot))
    assert sorted(number for group in groups for number in (group.shown, *group.folded)) == [0, 1, 2, 3, 4]


def test_versions_of_which_one_corrects_another_are_not_folded_into_the_same_hit(tmp_path: Path) -> None:
    text = prose(1, 300)
    snapshot = write(
        tmp_path,
        [article("old", text, "2024-04-26"), article("new", text, "2024-04-27", corrects="old"), article("reprint", text, "2024-04-25")],
    )
    ranked = ranking(snapshot, ("reprint", 0), ("old", 0), ("new", 0))
    assert [name for name, _ in ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot)))] == ["reprint", "old", "new"]


def test_a_large_family_costs_as_much_as_it_is_large(tmp_path: Path) -> None:
    """Articles that are copies of each other, each of which answers with a passage of its own, are all hits, without comparing each with
    each: three times as many cost at most three and a half times the comparisons.
    """

    class Counting(CopyFinder):
        looked_up = compared = 0

        def find(self, places: Sequence[Place]) -> list[list[Found]]:
            found = super().find(places)
            self.looked_up = len(self._known)
            return found

        def _carries(self, place: Place, answer: Ranked) -> bool:
            self.compared += 1
            return super()._carries(place, answer)

    work = []
    for count in (100, 300):
        background = prose(1, 400)
        family = [article(f"a{number:03}", f"{background} {prose(number + 10, 40)}") for number in range(count)]
        snapshot = write(tmp_path / str(count), family)
        ranked = ranking(snapshot, *((each.id, -1) for each in family))
        finder = Counting(snapshot)
        assert [group.shown for group in collapse(ranked, count, finder)] == list(range(count))
        work.append((finder.looked_up, finder.compared))
    assert work[0][1] > 100
    assert work[1][0] <= 40
    assert work[1][1] <= 3.5 * work[0][1]


@pytest.mark.parametrize(("words", "having"), [(27, True), (17, False)])
def test_half_of_a_passage_is_most_of_it(tmp_path: Path, words: int, having: bool) -> None:
    """Of the 38 shingles of a passage of 40 words, 25 are enough and 15 are not."""
    story, background = prose(1, 40), prose(2, 360)
    snapshot = write(
        tmp_path, [article("one", f"{story} {background}"), article("two", f"{first(story, words)} {prose(3, 40)} {background}")]
    )
    where = places(snapshot)
    [answer] = ranking(snapshot, ("one", 0))
    assert CopyFinder(snapshot).has_passage(where["two"], answer) == having


@pytest.mark.parametrize(("earlier", "having"), [("ten", True), ("10", False), ("nine", False), ("nine of the ten", True)])
def test_an_update_with_another_figure_is_not_hidden(tmp_path: Path, earlier: str, having: bool) -> None:
    """An earlier version does not stand for a passage whose figures it lacks, however alike the rest is."""
    text = (
        "The quake killed at least {} people in the east and rescuers reached workers in a quarry after two days without power or water ."
    )
    snapshot = write(tmp_path, [article("one", text.format(earlier), "2024-04-03"), article("two", text.format("ten"), "2024-04-04")])
    [answer] = ranking(snapshot, ("two", 0))
    assert CopyFinder(snapshot).has_passage(places(snapshot)["one"], answer) == having


@pytest.mark.parametrize(("family", "folded"), [(14, True), (30, False)])
def test_a_copy_of_many_hits_is_a_hit(tmp_path: Path, family: int, folded: bool) -> None:
    """What has the passage of the fourteenth of a family is folded into it; of the thirtieth it is not, for that is a copy of more than
    twenty hits.
    """
    background = prose(1, 400)
    made = [article(f"a{number:03}", f"{background} {prose(number + 10, 40)}") for number in range(family)]
    snapshot = write(tmp_path, [*made, article("b", f"{made[-1].text} {prose(5, 40)}")])
    ranked = ranking(snapshot, *((each.id, -1) for each in made), ("b", -2))
    assert len(collapse(ranked, family + 5, CopyFinder(snapshot))) == (family if folded else family + 1)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(["", "a", "b", "c", "d"])] * 3), max_size=8))
def test_versions_are_those_that_comparing_all_pairs_finds(named: list[tuple[str, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        made = [
            replace(
                article(f"{number}", f"Text {number}", corrects=corrects, corrected_by=corrected_by),
                url=url,
                id="abcd"[number] if number < 4 else f"{number}",
            )
            for number, (url, corrects, corrected_by) in enumerate(named)
        ]
        snapshot = write(Path(folder) / "index", made)
        where = list(places(snapshot).values())
        pairs = [pair for pair in product(where, where) if pair[0] != pair[1] and is_correction(snapshot, *pair)]
        assert CopyFinder(snapshot).versions(where) == {place for pair in pairs for place in pair}


@pytest.mark.parametrize(
    ("dates", "shown"),
    [
        pytest.param(("2024-04-26", "2024-04-25"), "b", id="days"),
        pytest.param(("2024-04-26T12:00:00+08:00", "2024-04-26T06:00:00+00:00"), "a", id="times in different zones"),
        pytest.param(("2024-04-26T12:00:00Z", "2024-04-26T11:00"), "b", id="times with and without a zone"),
        pytest.param(("2024-04-26T12:00:00", "2024-04-26"), "b", id="a day goes before its times"),
        pytest.param(("", "2024-04-26"), "b", id="an unknown date goes last"),
        pytest.param(("2024-04", "2024-04-20"), "b", id="a month goes by its last day"),
        pytest.param(("2024-04-26", "2024-04-26"), "a", id="equal dates by id"),
        pytest.param(("", ""), "a", id="unknown dates by id"),
    ],
)
def test_the_earliest_is_known_by_date_and_time(tmp_path: Path, dates: tuple[str, str], shown: str) -> None:
    text = prose(1, 300)
    snapshot = write(tmp_path, [article("a", text, dates[0]), article("b", text, dates[1])])
    for order in (("a", 0), ("b", 0)), (("b", 0), ("a", 0)):
        ranked = ranking(snapshot, *order)
        assert [name for name, _ in ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot)))] == [shown]


def test_a_copy_with_a_title_is_shown_before_an_earlier_one_without(tmp_path: Path) -> None:
    text = prose(1, 300)
    articles = [replace(article("a", text, "2024-04-25"), title=""), article("b", text), article("c", text, "2024-04-27")]
    snapshot = write(tmp_path, articles)
    ranked = ranking(snapshot, ("a", 0), ("c", 0), ("b", 0))
    assert ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot))) == [("b", ["a", "c"])]


def test_a_retracted_copy_is_listed_as_such_and_never_shown_for_one_that_is_not(tmp_path: Path) -> None:
    text = prose(1, 300)
    snapshot = write(tmp_path, [article("a", text, "2024-04-25", retracted="wrong"), article("b", text), article("c", text, "2024-04-27")])
    ranked = ranking(snapshot, ("a", 0), ("c", 0), ("b", 0))
    finder = CopyFinder(snapshot)
    [group] = collapse(ranked, 5, finder)
    assert ids(snapshot, ranked, [group]) == [("b", ["a", "c"])]
    assert [copy.retracted for copy in finder.also_in(group)] == ["wrong", ""]


def test_a_copy_is_listed_with_all_that_tells_it_apart(tmp_path: Path) -> None:
    text = prose(1, 100)
    snapshot = write(tmp_path, [article("wire", text), article("paper", text, "2024-04-27")])
    ranked = ranking(snapshot, ("wire", 0))
    [group] = collapse(ranked, 5, CopyFinder(snapshot))
    assert CopyFinder(snapshot).also_in(group) == (Copy("paper", "Paper", "paper", "paper", Published("2024-04-27", "made up"), 1.0),)


def test_the_earliest_copies_are_listed_when_there_are_many(tmp_path: Path) -> None:
    text = prose(1, 60)
    snapshot = write(tmp_path, [article(f"a{number:03d}", text, f"2024-04-2{number % 3}") for number in range(150)])
    ranked = ranking(snapshot, ("a149", 0))
    [(shown, listed)] = ids(snapshot, ranked, collapse(ranked, 5, CopyFinder(snapshot)))
    assert shown == "a149"
    assert listed == [f"a{number:03d}" for rest in range(3) for number in range(rest, 150, 3)][:100]


# Updates and status


def test_a_deleted_copy_is_gone(tmp_path: Path) -> None:
    text = prose(1, 300)
    write(tmp_path, [article("a", text), article("b", text)])
    assert copies(write(tmp_path, [article("c", text)], ["b"])) == {"a": {"c": 1.0}, "c": {"a": 1.0}}
    assert copies(write(tmp_path, [article("c", prose(2, 300))])) == {"a": {}, "c": {}}


@pytest.mark.parametrize("array", ["copy.sketch", "copy.key", "copy.article"])
def test_a_damaged_sketch_is_no_copy_that_nobody_finds(tmp_path: Path, array: str) -> None:
    snapshot = write(tmp_path, [article(f"a{number}", prose(number // 2, 100)) for number in range(100)])
    [segment] = snapshot.segments
    wanted = segment.tensors[array].tobytes()
    file = tmp_path / snapshot.manifest.generation / segment.record.files["articles"].name
    content = bytearray(file.read_bytes())
    content[content.index(wanted) + len(wanted) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(IndexDamaged):
        copies(Snapshot.open(tmp_path))


def test_the_status_says_how_many_articles_have_copies(tmp_path: Path) -> None:
    write(tmp_path, [*(article(f"a{n}", prose(1, 100)) for n in range(3)), *(article(f"b{n}", prose(10 + n, 100)) for n in range(9))])
    status = read_status(tmp_path)
    assert status.copied == status.record()["copied"] == 0.25
    assert dict(status.rows())["articles"] == "12, 25% of which are copies or have copies"


def test_how_many_have_copies_is_estimated_in_a_large_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = write(tmp_path, [article(f"a{n:03d}", prose(n // 2 if n % 4 < 2 else 1_000 + n, 60)) for n in range(400)])
    assert copied_share(snapshot) == 0.5
    monkeypatch.setattr(copies_module, "SAMPLE", 133)
    assert copied_share(snapshot) == pytest.approx(0.5, abs=0.1)


def test_an_empty_index_has_no_copies(tmp_path: Path) -> None:
    assert copied_share(write(tmp_path, [])) == 0
