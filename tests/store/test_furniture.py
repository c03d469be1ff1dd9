"""Lines that many articles of a source repeat are found, shown in the status, and never an answer."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from newsdex import Chunking, Index, Options, index_paths
from newsdex.indexer.build import Options as BuildOptions
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.takedown import Selection
from newsdex.indexer.upkeep.takedown import delete as take_down
from newsdex.indexer.upkeep.transfer import export_index, import_index

HASH = Options(model="hash")
LINE = "Follow our coverage of the election here."


def _story(seed: int, words: int = 60) -> str:
    """A text of its own, of sentences of ten words."""
    chance = random.Random(seed)
    made = ["".join(chance.choice("abcdefghijklmnop") for _ in range(7)) for _ in range(words)]
    return " ".join(" ".join(made[i : i + 10]).capitalize() + "." for i in range(0, words, 10))


def _index(folder: Path, texts: Sequence[str], sources: Sequence[str] | str = "The Paper", options: Options = HASH) -> Path:
    """An index of ``texts``, in ``folder``."""
    names = [sources] * len(texts) if isinstance(sources, str) else sources
    lines = [
        json.dumps({"id": f"a{i}", "title": f"Story {i}", "text": text, "source": name})
        for i, (text, name) in enumerate(zip(texts, names, strict=True))
    ]
    folder.mkdir(exist_ok=True)
    (folder / "articles.jsonl").write_text("\n".join(lines))
    index_paths([folder / "articles.jsonl"], folder / "index", options)
    return folder / "index"


def _lines(index: Path) -> list[tuple[str, str, int]]:
    return [(line["text"], line["source"], line["articles"]) for line in read_status(index).furniture]


def test_what_three_articles_of_a_source_repeat_is_furniture(tmp_path: Path) -> None:
    """Three different articles make a line furniture, whatever its case and spaces; two do not, nor do three of different sources."""
    texts = [f"{_story(i)} {LINE}" for i in range(2)]
    assert _lines(_index(tmp_path / "two", texts)) == []
    texts.append(f"{_story(2)}\n\nFOLLOW  our coverage of the election here.")
    found = _lines(_index(tmp_path / "three", texts))
    assert [(text.casefold(), *rest) for text, *rest in found] == [(LINE.casefold().replace("  ", " "), "The Paper", 3)]
    assert _lines(_index(tmp_path / "sources", texts, ["A", "B", "A"])) == []


@pytest.mark.parametrize(("count", "found"), [(3, False), (4, True)])
def test_one_article_in_a_hundred_makes_furniture(tmp_path: Path, count: int, found: bool) -> None:
    """Of 400 articles of a source, a line of four is furniture and a line of three is not."""
    texts = [f"{_story(i, 30)} {LINE}" if i < count else _story(i, 30) for i in range(400)]
    assert bool(_lines(_index(tmp_path, texts))) == found


@pytest.mark.parametrize(("shared", "found"), [(4, True), (6, False)])
def test_versions_of_one_story_make_no_furniture(tmp_path: Path, shared: int, found: bool) -> None:
    """Sentences of stories that have six of ten sentences in common are no furniture; of those that have four, they are."""
    common = _story(99, 10 * shared)
    assert bool(_lines(_index(tmp_path, [f"{common} {_story(i, 100 - 10 * shared)}" for i in range(5)]))) == found


def test_numbers_tell_sentences_apart_but_not_lines(tmp_path: Path) -> None:
    """What a sentence says may be its number; the time in a line without a stop is none of its words."""
    texts = [f"Published at {i}:30\n\n{_story(i)} Prices rose by {i} percent." for i in range(1, 5)]
    assert [text.partition(" at ")[0] for text, _, _ in _lines(_index(tmp_path, texts))] == ["Published"]


def test_of_a_line_with_an_address_the_beginning_counts(tmp_path: Path) -> None:
    """Lines that send readers to one page are alike, whatever they name; with another beginning, or another page, they are not."""
    same = [
        f"{_story(i)}\n\nFollow our coverage of {topic} at paper.example/topics." for i, topic in enumerate(("space", "the sea", "all"))
    ]
    assert len(_lines(_index(tmp_path / "same", same))) == 1
    mail = [f"{_story(i)}\n\nDo you know {topic}? Write to us: desk@paper.example" for i, topic in enumerate(("more", "him", "it"))]
    assert len(_lines(_index(tmp_path / "mail", mail))) == 1
    for place, beginnings in enumerate((("Follow our", "Read our", "See our"), ("Follow us:", "Follow your", "Follow this"))):
        other = [f"{_story(i)}\n\n{beginning} coverage of it at paper.example/topics." for i, beginning in enumerate(beginnings)]
        assert _lines(_index(tmp_path / f"other {place}", other)) == []
    pages = [f"{_story(i)}\n\nFollow our coverage of it at paper.example/{page}." for i, page in enumerate("abc")]
    assert _lines(_index(tmp_path / "pages", pages)) == []
    rates = [f"{_story(i)} The rate is {i}/2 of last year and 3.5 a head." for i in range(3)]
    assert _lines(_index(tmp_path / "rates", rates)) == []


def test_lines_with_the_same_link_are_not_alike(tmp_path: Path) -> None:
    """What a changelog says of each model, with the same link to one page, is told apart; the same line of a page is not."""
    said = [f"{_story(i)} The model {name} costs {i} cents at the [Gateway](https://gate.example/page)." for i, name in enumerate("ABC")]
    assert _lines(_index(tmp_path / "said", said)) == []
    line = "[Read about all models](https://gate.example/models)"
    assert _lines(_index(tmp_path / "line", [f"{_story(i)}\n\n{line}" for i in range(3)])) == [("Read about all models", "The Paper", 3)]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The war in Sarbia began on 24 February 2022, when troops crossed the river Vell.", False),
        ("Der Krieg in Sarbien begann 2022, als Truppen des Nordens den Fluss Vell überquerten.", False),
        ("萨尔比亚战争于2022年2月24日开始当时北方军政府的部队越过了维尔河。", False),
        ("This story was updated on 24 February 2022 with what the ministry in Sarbia has said.", True),
        ("Dieser Text wurde am 24. Februar 2022 um die Angaben des Ministeriums ergänzt.", True),
        ("You can write to our reporters in Sarbia at any time of the day or night since 2022.", True),
        ("Reporters of the Paper in London, Brussels and Washington contributed to it in 2022.", True),
        ("© 2024 Northern News & Media Limited or its affiliated companies in the world.", True),
        ("Reporting by Guy Alder in Sarbia and Max Brook in Kest, edited by Ann Orr in 2024.", True),
        ("Call 1-800-555-0100 or send 5 stories in the morning and get 3 months free.", True),
        ("The BBC is not responsible for the content of external sites and their owners.", True),
        ("The war began in 2022.", True),
    ],
)
def test_background_that_stories_repeat_is_no_furniture(tmp_path: Path, sentence: str, found: bool) -> None:
    """A fact that an agency repeats in each story can be found; lines to the reader and of the paper stay furniture, as do short ones."""
    index = _index(tmp_path, [f"{_story(i)}\n\n{sentence}" for i in range(4)])
    assert bool(_lines(index)) == found


def test_a_repeated_sentence_of_one_article_is_no_furniture(tmp_path: Path) -> None:
    """However often one article says something."""
    assert _lines(_index(tmp_path, [f"{LINE} {_story(1)} {LINE} {LINE} {LINE}", _story(2), _story(3)])) == []


def test_any_language(tmp_path: Path) -> None:
    """Nothing is known of the words."""
    line = "请关注我们的选举报道。"
    assert _lines(_index(tmp_path, [f"{_story(i)}\n\n{line}" for i in range(3)])) == [(line, "The Paper", 3)]


def test_furniture_is_never_the_answer(tmp_path: Path) -> None:
    """A question in the very words of a line is not answered with it, unless the index is told to leave furniture alone."""
    index = _index(tmp_path, [f"{LINE} {_story(i, 20)}" for i in range(3)])

    def answers() -> set[str]:
        with Index.open(index) as opened:
            hits = opened.search("coverage of the election here", min_score=0).hits
        assert len(hits) == 3
        assert all(LINE in hit.article.text for hit in hits)
        return {hit.article.text[m.answer.start : m.answer.end] for hit in hits for m in hit.matches}

    assert LINE not in answers()
    index_paths([tmp_path / "articles.jsonl"], index, BuildOptions(furniture=False))
    assert answers() == {LINE}
    assert _lines(index) == []
    index_paths([tmp_path / "articles.jsonl"], index)
    assert answers() == {LINE}, "the index remembers it"
    index_paths([tmp_path / "articles.jsonl"], index, BuildOptions(furniture=True))
    assert LINE not in answers()


def test_a_passage_is_shown_without_furniture_around_it(tmp_path: Path) -> None:
    """What is left is the text from ``start`` to ``end``; furniture between other sentences stays."""
    advert = "Join our channel for the latest headlines."
    texts = [f"{advert} {LINE}\n\n{_story(i, 20)} {LINE} {_story(9 + i, 20)}\n{advert}" for i in range(3)]
    with Index.open(_index(tmp_path, texts)) as index:
        for number, text in enumerate(texts):
            hit = index.search(_story(number, 20))[0]
            article, passage = hit.article, hit.matches[0].passage
            assert article.id == f"a{number}"
            assert passage.text == f"{_story(number, 20)} {LINE} {_story(9 + number, 20)}"
            assert article.text == text
            assert article.text[passage.start : passage.end] == passage.text


def test_a_passage_of_furniture_alone_is_no_hit(tmp_path: Path) -> None:
    """An article is found at a passage of its own, or not at all."""
    lines = "\n\n".join(f"{_story(1000 + i, 10)}" for i in range(12))
    texts = [f"{_story(i, 200)}\n\n{lines}" for i in range(3)]
    for name, options, among in (("on", BuildOptions(), False), ("off", BuildOptions(furniture=False), True)):
        index = _index(tmp_path / name, texts, options=BuildOptions(model="hash", chunking=Chunking(64), furniture=options.furniture))
        with Index.open(index) as opened:
            hits = opened.search(_story(1005, 10), min_score=0, per_article=3).hits
        spans = [hit.article.text[m.passage.start : m.passage.end] for hit in hits for m in hit.matches]
        assert spans
        assert any(set(span.replace("\n\n", " ").split()) <= set(lines.split()) for span in spans) == among


def test_headlines_of_other_stories_in_a_menu_are_furniture(tmp_path: Path) -> None:
    """Behind the text, among repeated lines. In the text, before those lines and in lists of an article's own, headlines stay answers."""
    headlines = [f"{name} bridge closes after storm" for name in ("Harbour", "Abbey", "Castle", "Market", "Mill", "North")]
    ends = [
        f"Latest news\n\nLink to: {headlines[0]}\n\nStay connected\n\nScroll to top",
        f"Latest news\n\n{headlines[1]}\n\nStay connected\n\nScroll to top",
        f"Latest news\n\n{headlines[2]}\n\nNorth gate\n\nOld well\n\nStay connected\n\nTown hall\n\nScroll to top",
        f"{headlines[3]}\n\nLatest news\n\nStay connected\n\nScroll to top",
        f"Latest news\n\n{headlines[4]}\n\nStay connected\n\nScroll to top\n\nIt closed at noon.",
        f"Latest news\n\n{headlines[5]}\n\nScroll to top",
    ]
    texts = [f"{_story(i)}\n\n{end}" for i, end in enumerate(ends)]
    with Index.open(_index(tmp_path, texts, options=BuildOptions(model="hash", chunking=Chunking(64)))) as opened:
        snapshot = opened.asker().snapshot
        found = [{hit.article.id for hit in opened.search(f'"{each}"', min_score=0).hits} for each in headlines]
    [segment] = snapshot.segments
    kept = []
    for row, headline in enumerate(headlines):
        text, marked = segment.text(row), snapshot.furnished.sentences(segment, row)
        kept += [not mark for mark, s in zip(marked, segment.sentences(row), strict=True) if text[s.start : s.end].endswith(headline)]
    assert kept == [False, False, True, True, True, True]
    assert found == [{f"a{row}"} for row in range(6)], "the words are found nevertheless"


def test_articles_and_passages_of_furniture_are_told_together(tmp_path: Path) -> None:
    """Of many articles at once and of many passages: what their sentences say one by one."""
    lines = "\n\n".join(f"{_story(1000 + i, 10)}" for i in range(12))
    texts = [f"{_story(i, 300)}\n\n{lines}" if i % 3 else _story(i, 100) for i in range(9)]
    with Index.open(_index(tmp_path, texts, options=BuildOptions(model="hash", chunking=Chunking(64)))) as opened:
        snapshot = opened.asker().snapshot
    [segment] = snapshot.segments
    marked = [snapshot.furnished.sentences(segment, row) for row in range(9)]
    assert 0 < sum(map(np.any, marked)) < 9
    for rows in ([0, 1, 2, 3, 4, 5, 6, 7, 8], [0], [8], [2, 5], []):
        found = snapshot.furnished.articles(segment, np.array(rows, np.int64))
        assert found.tolist() == [bool(marked[row].any()) for row in rows]
    for row in range(9):
        alone = []
        for position in segment.passages(row):
            start, end = segment.passage_range(position)
            inside = [m for m, s in zip(marked[row], segment.sentences(row), strict=True) if s.start < end and s.end > start]
            alone.append(bool(inside) and all(inside))
        assert snapshot.furnished.passages(segment, row, list(segment.passages(row))) == alone


def test_updates_rebuilds_and_imports_count_alike(tmp_path: Path) -> None:
    """An index that grew, one built at once, one rebuilt and one imported have the same furniture; a deletion takes it away."""
    texts = [f"{_story(i)} {LINE} {_story(77, 10)}" for i in range(4)]
    whole = _index(tmp_path / "whole", texts)
    for count in range(1, 5):
        grown = _index(tmp_path / "grown", texts[:count])
    assert _lines(grown) == _lines(whole) != []
    rebuild_index(whole)
    assert _lines(grown) == _lines(whole)
    export_index(whole, tmp_path / "file.tar.zst")
    import_index(tmp_path / "file.tar.zst", tmp_path / "imported")
    assert _lines(tmp_path / "imported") == _lines(whole)
    take_down(grown, Selection(ids=frozenset(["a0", "a1"])))
    assert _lines(grown) == []
