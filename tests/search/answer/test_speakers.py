"""Interviews and transcripts: who says what, and that a name before a turn is no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsdex import Index, index_paths
from newsdex.search.answer.speakers import said_by, turns_of

INTERVIEW = """# The harbour pilot who came ashore

{0}Ruth Ellery:{1} How long have you worked on the water?

{0}Tom Haddow:{1} Thirty-one years, and I would not have missed a single one of them.

{0}Ruth Ellery:{1} People say that you know every buoy by name.

{0}Tom Haddow:{1} They exaggerate. My wife does not believe it either.

{0}Ruth Ellery:{1} You were at the Admiralty before. What was that like?

{0}Tom Haddow:{1} The Admiralty taught me patience. It was a good school, with bad coffee and long corridors.

Nobody there could decide anything before lunch, so I left for the pilots' station in 1994.

{0}Ruth Ellery:{1} I heard that the Admiralty tried to close the station.

{0}Tom Haddow:{1} Twice. The second time, four hundred people stood on the quay.

{0}Ruth Ellery:{1} What do you say to young people about the job?

{0}Tom Haddow:{1} They should learn to wait.
"""


def _turns(text: str) -> dict[str, list[str]] | None:
    """What each speaker says in a text that has a sentence a line."""
    lines = text.splitlines()
    starts = [text.index(line) for line in lines]
    if (turns := turns_of(lines, starts)) is None:
        return None
    said: dict[str, list[str]] = {}
    for line, start in zip(said_by(turns.labels, lines), starts, strict=True):
        said.setdefault(turns.at(start), []).append(line)
    return said


@pytest.mark.parametrize("marks", ["{}: ", "**{}:** ", "**{}**: ", "## {}: ", "- {}: "])
def test_who_says_what(marks: str) -> None:
    """Whoever begins at least three times; what follows without a label is said by the same."""
    turns = [("Q", "How is the pier, in a word?"), ("Anna Berg", "The pier is sound enough."), ("", "It will last.")]
    text = "\n".join(f"{marks.format(name) if name else ''}{said} ({number})" for number in range(3) for name, said in turns)
    said = _turns(text)
    assert said is not None
    assert set(said) == {"Q", "Anna Berg"}
    assert said["Q"] == [f"How is the pier, in a word? ({number})" for number in range(3)]
    assert said["Anna Berg"][:2] == ["The pier is sound enough. (0)", "It will last. (0)"]


@pytest.mark.parametrize(
    "text",
    [
        # Facts
        "\n".join(f"Price: {n} euros\nPlace: Elston {n}" for n in range(5)),
        # One speaker: a report with a label
        "\n".join(f"Update: the ferry was late again today, for the {n}th time." for n in range(5)),
        # Times of day, and words in lower case
        "\n".join(f"At 10:3{n} the bell rang for a while.\nthe mayor said: we did all that we could." for n in range(5)),
        # Sources below an article
        "\n".join(
            [f"The bridge has been closed for {n} years now." for n in range(20)]
            + [f"Elston: The Stationery Office of the County, {n}\nHarbour: The Archive of the Harbour Board, {n}" for n in range(4)]
        ),
        "",
    ],
)
def test_what_is_no_interview(text: str) -> None:
    assert _turns(text) is None


def test_a_speaker_is_named_by_the_last_word_of_the_label() -> None:
    turns = turns_of([f"{name}: I have said all that I had to say." for name in ("Anna Berg", "MR. MILLER") * 3], range(6))
    assert turns is not None
    assert turns.named(["what", "did", "berg", "say"]) == {"Anna Berg"}
    assert turns.named(["Miller"]) == {"MR. MILLER"}
    assert turns.named(["Anna"]) == frozenset()


@pytest.mark.parametrize("marks", [("", ""), ("**", "**")])
def test_what_somebody_said_is_not_a_turn_with_the_words_of_the_question(tmp_path: Path, marks: tuple[str, str]) -> None:
    """His turn about it answers, not another one behind his name, nor the other's about it."""
    source = tmp_path / "interview.md"
    source.write_text(INTERVIEW.format(*marks), encoding="utf-8")
    index_paths([source], tmp_path / "index")
    with Index.open(tmp_path / "index") as index:
        for question, answers in {
            "what did Tom Haddow say about the Admiralty": ("The Admiralty taught me patience", "It was a good school"),
            "what did Ruth Ellery say about the Admiralty": (
                "the Admiralty tried to close the station",
                "You were at the Admiralty before",
            ),
        }.items():
            [hit] = index.search(question, limit=1)
            assert any(answer in hit.answer_text for answer in answers), (question, hit.answer_text)


def test_a_speaker_counts_more_than_words_of_the_question_and_less_than_what_is_near_them(tmp_path: Path) -> None:
    """His reply, rather than the question with the word, and rather than whatever else he said."""
    source = tmp_path / "interview.md"
    source.write_text(INTERVIEW.format("", ""), encoding="utf-8")
    index_paths([source], tmp_path / "index")
    with Index.open(tmp_path / "index") as index:
        [hit] = index.search("what did Tom Haddow say about buoys", limit=1)
    assert "They exaggerate" in hit.answer_text
