"""Marks of Markdown that people do not see."""

from __future__ import annotations

import random
import time

import pytest

from newsdex.emphasis import without_marks
from newsdex.records import UNREAD


def marked(chance: random.Random) -> tuple[str, str]:
    """A text with marks, and the same without them."""
    words = ["Sorrel", "the old pier", "2*3*4", "snake_case", "5 * 3", "`**a** _b_`", "# 7", "low-tide", "a_b_c."]
    written, seen = list[str](), list[str]()
    for _ in range(chance.randint(1, 6)):
        phrase = " ".join(chance.choices(words, k=chance.randint(1, 3)))
        run = chance.choice(["", "", "*", "_", "**", "__", "***"])
        between = chance.choice(["", "", ", ", " - "])
        written.append(
            f"{run}{UNREAD if run and chance.random() < 0.2 else ''}so {phrase} there{run}{between}" if run else f"so {phrase}{between}"
        )
        seen.append(f"so {phrase} there{between}" if run else f"so {phrase}{between}")
    head = chance.choice(["", "", "## ", "###### "])
    rule = chance.choice(["", "", "\n\n---", "\n\n* * *", "\n____"])
    return head + " ".join(written) + rule, " ".join(seen) + "\n" * rule.count("\n")


def test_marks_in_pairs_are_not_seen() -> None:
    chance = random.Random(3)
    for _ in range(500):
        parts = [marked(chance) for _ in range(chance.randint(1, 4))]
        text, seen = ("\n\n".join(each) for each in zip(*parts, strict=True))
        found = without_marks(text)
        assert len(found) == len(text)
        assert found.replace(UNREAD, "") == seen


@pytest.mark.parametrize(
    "text",
    [
        "Rated 4* and 5*, he said s*** again.",
        "*Prices include tax",
        "a ** b ** c",
        "_unclosed\n\nnext_",
        "\\*starred\\*",
        "```\n# run\n**a**\n```",
        "#1 song",
        "* one\n* two",
    ],
)
def test_other_stars_and_lines_stay(text: str) -> None:
    assert without_marks(text) == text


@pytest.mark.parametrize("part", ["*a ", "a*", f"*{UNREAD}", "_*", "- ", "```", "\n ", "#", "`a", "***", "* "])
def test_time_grows_with_the_length(part: str) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        without_marks(part * count + "x")
        return time.process_time() - begun

    assert min(seconds(80_000) for _ in range(3)) < 12 * min(seconds(20_000) for _ in range(3)) + 0.05
