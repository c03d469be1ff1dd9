"""What the ranking says of itself: points that add up, the date's share of them, remarks on filters and dates."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indexes import index_of

from newsdex import Index, Options, index_paths
from newsdex.encoder import RELATED, UNRELATED
from newsdex.records import Results
from newsdex.search.question.terms import languages_of, words_of
from newsdex.search.ranking.candidates import Candidates, Ranked
from newsdex.search.ranking.fusion import (
    CALIBRATIONS,
    Foreign,
    Mode,
    date_points,
    meaning_points,
    probabilities,
    word_points,
)
from newsdex.search.ranking.lexical import BACKGROUND, PAIR, look_up
from newsdex.search.ranking.ranker import by_article
from newsdex.search.request import Request
from newsdex.words import is_pair

TODAY = date(2024, 6, 1)
ARTICLES = [
    {"_id": "new", "title": "Ferry strike", "text": "The ferry crews went on strike in Lima.", "date": "2024-05-30", "source": "Reuters"},
    {"_id": "old", "title": "Ferry strike", "text": "The ferry crews went on strike in Oslo.", "date": "2014-05-30", "source": "Reuters"},
    {"_id": "undated", "title": "Ferry strike", "text": "The ferry crews went on strike in Rome.", "source": "AP"},
    {"_id": "copper", "title": "Copper", "text": "Copper rose in London.", "date": "2024-04-03", "source": "AP"},
    {"_id": "report", "title": "Copper", "text": "Copper fell in April, said the miners.", "date": "2024-05-08", "source": "AP"},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Articles old and new and of no date."""
    folder = tmp_path_factory.mktemp("ranking")
    (folder / "a.jsonl").write_text("".join(json.dumps(article) + "\n" for article in ARTICLES), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


def ask(index: Index, request: Request) -> Results:
    """The answer on TODAY."""
    return index.asker().answer(request, today=TODAY)


def ids(results: Results) -> list[str]:
    return [hit.article.id for hit in results]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_parts_add_up(index: Index, mode: Mode) -> None:
    """In every mode the parts of each hit add up to the points that its score stands for, and each says something of its own."""
    found = ask(index, Request("ferry strike in Lima", mode=mode, explain=True, recency=30, limit=10))
    assert len(found) >= 3
    for hit in found:
        assert probabilities(np.array([sum(part.points for part in hit.parts)]), mode)[0] == pytest.approx(hit.score, abs=1e-5)
        assert [part.name for part in hit.parts] == {
            "hybrid": ["meaning", "words", "date", "evidence"],
            "dense": ["meaning", "date"],
            "lexical": ["words", "date"],
        }[mode]
    told = {hit.article.id: {part.name: part.words for part in hit.parts} for hit in found}
    if mode != "dense":
        assert told["new"]["words"] == "all of the question's words are in it: ferry, strike, Lima"
        assert told["old"]["words"] == "2 of the question's 3 words: has ferry, strike; lacks Lima"
    assert told["new"]["date"] == "published 2024-05-30, which counts for it a little"
    assert told["undated"]["date"] == "no date is known, which counts neither way"


def test_no_explanation_unasked(index: Index) -> None:
    """Parts are there only where they were asked for."""
    assert all(hit.parts == () for hit in ask(index, Request("ferry strike")))


def test_recency_orders_near_ties(index: Index) -> None:
    """Of three articles that say the same, the newer comes first, the old last, and the one without a date between."""
    assert ids(ask(index, Request("ferry crews went on strike", recency=30, limit=3))) == ["new", "undated", "old"]


def test_an_undated_article_keeps_its_score(index: Index) -> None:
    """Recency changes nothing for an article without a date."""
    [plain] = [hit.score for hit in ask(index, Request("ferry strike Rome")) if hit.article.id == "undated"]
    [fresh] = [hit.score for hit in ask(index, Request("ferry strike Rome", recency=1)) if hit.article.id == "undated"]
    assert fresh == plain


@given(st.lists(st.floats(0, 1, width=32), min_size=1), st.lists(st.floats(0, 2, width=32), min_size=1))
def test_recency_reorders_near_ties_only(fresh: list[float], points: list[float]) -> None:
    """However new, an article does not come before one that has 0.05 more points, half of which the newest gains and the oldest loses."""
    assert date_points(np.array([1, 0.5, 0], np.float32)).tolist() == pytest.approx([0.025, 0, -0.025])
    added = date_points(np.array(fresh, np.float32))
    assert added.dtype == np.float32
    for one, other in itertools.pairwise(points):
        if one > other + 0.05 + 1e-5:
            assert one + added.min() > other + added.max()


def test_a_filter_without_a_match_is_explained(index: Index) -> None:
    """A value that no article has is named, with the nearest that there is; a filter that finds something is not remarked on."""
    results = index.search("ferry strike", where={"type": "eq", "key": "source", "value": "Reuterz"})
    assert (results.hits, results.answerable) == ((), False)
    assert results.remarks == ("No article has source 'Reuterz'; the nearest is 'Reuters'.",)
    assert index.search("ferry strike", where={"type": "in", "key": "source", "value": ["Reuterz", "AP"]}).remarks == ()


def test_reports_after_the_period_are_found(index: Index) -> None:
    """A question about April finds what came out in the ten days after as well, and says so; an option means its days exactly."""
    results = ask(index, Request("copper in April 2024", limit=10))
    assert sorted(ids(results)) == ["copper", "report"]
    assert results.period is not None
    assert (results.period.since, results.period.until) == (date(2024, 4, 1), date(2024, 4, 30))
    assert results.remarks == (
        'Only articles published from 2024-04-01 to 2024-04-30 ("in April 2024"), and until 2024-05-10 for reports of it.',
        "1 of 5 articles have no date, so searches with dates leave them out. Search without dates to include them.",
    )
    assert ids(index.search("copper", on="2024-04")) == ["copper"]
    assert "report" not in ids(index.search("copper in April", until="2024-04"))


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_scores_rise_with_points(mode: Mode) -> None:
    """A probability, strictly between 0 and 1, that orders passages as their points do."""
    values = np.linspace(-1, 2.25, 100)
    scores = probabilities(np.array(values), mode).tolist()
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    assert 0 < scores[0] < 0.05
    assert 0.9 < scores[-1] < 1
    slope, offset = CALIBRATIONS[mode]
    assert probabilities(np.array([-offset / slope]), mode)[0] == pytest.approx(0.5)


def test_points_of_a_language_that_the_model_speaks() -> None:
    """Meaning is the cosine itself, and words are what they are worth; both are float32."""
    values = np.array([UNRELATED, RELATED], np.float32)
    assert meaning_points(values, True, Foreign(), values).tolist() == values.tolist()
    assert word_points(values, True, Foreign()).tolist() == values.tolist()
    some = np.array([True, False])
    half = Foreign(0.5, 0.5, 0.5)
    assert word_points(values, some, half).dtype == meaning_points(values, some, half, values).dtype == np.float32


def test_remarks_on_the_command_line(index: Index) -> None:
    """JSON has the remarks in the object; beside lines of JSON they are on standard error."""
    from click.testing import CliRunner

    from newsdex.cli import newsdex

    arguments = ["search", "ferry", "--source", "Reuterz", "--index-dir", str(index.folder)]
    whole = CliRunner().invoke(newsdex, [*arguments, "--json"], standalone_mode=False)
    assert json.loads(whole.stdout)["remarks"] == ["No article has source 'Reuterz'; the nearest is 'Reuters'."]
    assert (whole.return_value, whole.stderr) == (1, "")
    lines = CliRunner().invoke(newsdex, [*arguments, "--format", "jsonl"], standalone_mode=False)
    assert (lines.return_value, lines.stdout, lines.stderr) == (1, "", "No article has source 'Reuterz'; the nearest is 'Reuters'.\n")


def test_weights_of_words(index: Index) -> None:
    """Weights are by rarity, as worked out by hand: idf = ln(1 + (N - n + 0.5) / (n + 0.5)), with BACKGROUND passages more than there are,
    over their sum.
    """
    snapshot = index.asker().snapshot
    asked = look_up(snapshot, words_of("ferry copper Reykjavik", languages_of(snapshot)))
    total = snapshot.manifest.passages + BACKGROUND
    idf = [math.log(1 + (total - n + 0.5) / (n + 0.5)) for n in (3, 2, 0)]
    assert [word.weight for word in asked] == pytest.approx([each / sum(idf) for each in idf])


def test_the_most_common_words_alone_weigh_little(tmp_path: Path) -> None:
    """A question of a word that is in every passage has only a part of the weight that others have."""
    lines = [json.dumps({"_id": str(number), "text": f"copper number {number}"}) + "\n" for number in range(300)]
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        snapshot = index.asker().snapshot
    [common] = look_up(snapshot, words_of("copper", languages_of(snapshot)))
    [rare] = look_up(snapshot, words_of("217", languages_of(snapshot)))
    assert common.weight < 0.1
    assert rare.weight == 1


def test_one_article_is_an_archive(tmp_path: Path) -> None:
    """In an archive of one article, too, its words find it, and others do not."""
    (tmp_path / "a.txt").write_text("Ferry aground\n\nA ferry ran aground off the island on Monday.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        assert index.search("ferry island", mode="lexical").answerable
        assert not index.search("sourdough bread island recipe", mode="lexical").answerable


def test_pairs_of_characters_are_known() -> None:
    """Terms of scripts without spaces are pairs; numbers, words and words with accents are none."""
    assert [
        is_pair(term) for term in ("\u5317\u4eac", "\u0e44\u0e17", "2024", "copper", "caf\u00e9", "\u043c\u043e\u0441\u043a\u0432\u0430")
    ] == [True, True] + 4 * [False]


def test_pairs_count_less_in_the_sum(tmp_path: Path) -> None:
    """The weights of a question in Chinese are 1 / PAIR in all, as many pairs straddle two words."""
    (tmp_path / "a.txt").write_text("\u5317\u4eac\u5927\u5b66\u5728\u6d77\u6dc0\u533a\u3002", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        snapshot = index.asker().snapshot
    asked = look_up(snapshot, words_of("\u5317\u4eac\u5927\u5b66", languages_of(snapshot)))
    assert len(asked) == 3
    assert sum(word.weight for word in asked) == pytest.approx(1 / PAIR)


def test_words_alone_weigh_the_same_in_every_language(tmp_path: Path) -> None:
    """In a ranking by words, an article in a language that the model does not speak has no advantage; beside the meaning its words are
    worth 0.8 as much, so that a word which both have does not push the English article aside.
    """
    lines = [
        {"_id": "en", "text": "The bank raised its rates on Monday, to the surprise of many savers.", "language": "en"},
        {"_id": "de", "text": "Die Bank hob am Montag ihre Zinsen an, zur Freude der vielen Sparer.", "language": "de"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index")
    with Index.open(tmp_path / "index") as index:
        parts = {
            mode: {hit.article.id: {part.name: part.points for part in hit.parts} for hit in index.search("bank", mode=mode, explain=True)}
            for mode in ("lexical", "hybrid")
        }
    assert parts["lexical"]["en"]["words"] == pytest.approx(parts["lexical"]["de"]["words"], rel=0.2)
    assert parts["lexical"]["de"]["words"] > 0.7
    assert parts["hybrid"]["de"]["words"] == pytest.approx(0.8 * parts["lexical"]["de"]["words"])
    assert parts["hybrid"]["en"]["words"] == parts["lexical"]["en"]["words"]


@pytest.mark.parametrize("between", ["v", "v.", "vs", "vs.", "versus"])
def test_versus_is_no_search_word(tmp_path: Path, between: str) -> None:
    """Only articles with one of the names are found."""
    texts = {
        "report": "Ellerby held Hallam to a draw after a late goal.",
        "other match": "Northgate v Saltmarsh vs. Tarvin versus Orley.",
        **{f"other{number}": f"Workers closed road {number} for a week." for number in range(8)},
    }
    articles = ({"_id": name, "title": name, "text": text, "language": "en"} for name, text in texts.items())
    with Index.open(index_of(articles, tmp_path)) as index:
        found = index.search(f"ellerby {between} hallam", mode="lexical", min_score=0)
    assert [hit.article.id for hit in found] == ["report"]


def test_an_article_has_the_place_of_its_best_passage_that_is_not_furniture() -> None:
    furnished = SimpleNamespace(
        articles=lambda _segment, rows: rows == 0,
        passages=lambda _segment, _row, positions: [position == 0 for position in positions],
    )
    # Passages 0, 1, 2 and 3 of article 0, of which the first is furniture, 4 of article 1, 5, which is none, of article 2
    positions = np.array([0, 4, 2, 5, 1, 3])
    segments, rows = np.zeros(6, np.int64), np.array([0, 1, 0, 2, 0, 0])
    points = np.linspace(1, 0, 6, dtype=np.float32)
    found = Candidates(segments, positions, rows, *[points] * 6, complete=True)
    snapshot = SimpleNamespace(furnished=furnished, segments=[None])
    assert by_article(snapshot, found, 1) == [Ranked(0, 1, 4, (1,)), Ranked(0, 0, 2, (2, 4, 5)), Ranked(0, 2, 5, (3,))]  # type: ignore[arg-type]
