"""Rows of tables as sentences: by hand, and in whole searches."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdex import Index, index_paths
from newsdex.search.answer.rows import in_words, tables_of

RACE = """Runners came in crowds.

## Women

| Rank | Name | NOC | Time |
|---|:--:|---|---|
| 1 | Selam Haile | ETH | 2:21:07 |
| 2. | Marta Kowal |  | 2:23:40 |
| 7 | Ana Lund | SWE | 2:31:00 |

The weather was dry."""


def said(text: str, row: str) -> str:
    start = text.index(row)
    return in_words(text, start, start + len(row), list(tables_of(text)))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("| 1 | Selam Haile | ETH | 2:21:07 |", "Women, rank 1, won, name Selam Haile, NOC ETH, time 2:21:07."),
        ("| 2. | Marta Kowal |  | 2:23:40 |", "Women, rank 2., came second, name Marta Kowal, time 2:23:40."),
        ("| 7 | Ana Lund | SWE | 2:31:00 |", "Women, rank 7, name Ana Lund, NOC SWE, time 2:31:00."),
        ("| Rank | Name | NOC | Time |", "| Rank | Name | NOC | Time |"),
        ("The weather was dry.", "The weather was dry."),
        ("Runners came in crowds.", "Runners came in crowds."),
    ],
)
def test_a_row_says_its_heading_and_the_names_of_its_columns(row: str, expected: str) -> None:
    assert said(RACE, row) == expected


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_facts_of_two_columns_have_no_names_of_columns(gap: str) -> None:
    text = gap.join(["In brief:", "| Capital | Oslo |", "|---|---|", "| Population | 5 million |", "| Anthem | |", "More is known."])
    assert said(text, "| Capital | Oslo |") == "In brief, Capital is Oslo."
    assert said(text, "| Population | 5 million |") == "In brief, Population is 5 million."
    assert said(text, "| Anthem | |") == "In brief, Anthem."


def test_a_table_may_follow_another_without_a_line_between() -> None:
    text = "| Home | Away | Score |\n|---|---|---|\n| A | B | 1-0 |\n| Club | Won | Lost |\n|---|---|---|\n| C | 3 | 2 |\n| D | 2 | 3 |"
    assert said(text, "| A | B | 1-0 |") == "home A, away B, score 1-0."
    assert said(text, "| C | 3 | 2 |") == "club C, won 3, lost 2."
    assert said(text, "| D | 2 | 3 |") == "club D, won 2, lost 3."


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("Starting grid", "Pos | Driver | Time"),
        ("Opinion poll", "Rank | Party | Score"),
        ("Homicides by city", "Rank | City | Deaths"),
        ("The squad", "Position | Player | Points"),
    ],
)
def test_first_of_a_list_has_won_nothing(heading: str, columns: str) -> None:
    text = f"{heading}\n| {columns} |\n|---|---|---|\n| 1 | Lando | 9 |"
    assert "won" not in said(text, "| 1 | Lando | 9 |")
    assert "won" in said(RACE, "| 1 | Selam Haile | ETH | 2:21:07 |")


def test_cells_are_those_between_pipes() -> None:
    """An empty first one is one, and an escaped pipe is none."""
    text = "| Rank | Bib | Name | Time |\n|---|---|---|---|\n||1|Bea Lee|DNF|\n| 2 | 7 | C. Roe \\| Oslo | 3:01 |"
    assert said(text, "||1|Bea Lee|DNF|") == "bib 1, name Bea Lee, time DNF."
    assert said(text, "| 2 | 7 | C. Roe \\| Oslo | 3:01 |") == "rank 2, came second, bib 7, name C. Roe | Oslo, time 3:01."


def test_a_rule_before_the_sum_names_no_columns() -> None:
    text = "| Name | Votes | Share |\n|---|---|---|\n| Ann | 12 | 3% |\n|---|---|---|\n| All | 30 | 100% |"
    assert said(text, "| Ann | 12 | 3% |") == "name Ann, votes 12, share 3%."
    assert said(text, "| All | 30 | 100% |") == "name All, votes 30, share 100%."


@pytest.mark.parametrize("line", ["```", "---", "Who lost the race?", "\u7ed3\u679c\u3002"])
def test_a_sign_or_a_sentence_before_a_table_is_no_heading(line: str) -> None:
    assert said(f"{line}\n| a | b | c |", "| a | b | c |") == "a, b, c."


def test_a_long_line_before_a_table_is_no_heading() -> None:
    text = f"{'These are all the results of the day ' * 4}\n\n| a | b | c |\n\nAnd a sentence.\n\n| d | e | f |"
    assert said(text, "| a | b | c |") == "a, b, c."
    assert said(text, "| d | e | f |") == "d, e, f."


@given(st.text(alphabet="|-: \na1.#", max_size=200))
def test_any_text_has_tables_in_order_and_every_sentence_is_told(text: str) -> None:
    tables = list(tables_of(text))
    assert all(table.start <= table.first and table.start < table.end <= len(text) for table in tables)
    assert all(one.end <= two.start for one, two in pairwise(tables))
    for start in range(0, len(text), 7):
        end = text.find("\n", start) if "\n" in text[start:] else len(text)
        assert in_words(text, start, end, tables) or start == end


def test_a_row_is_never_much_longer_than_it_was() -> None:
    row = "| x " * 5000 + "|"
    text = "\n".join([f"| {'name ' * 2000}" * 50 + "|", "|-" * 50 + "|", row, row])
    assert len(said(text, row)) < 3 * len(row) + 2000


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("results")
    cells = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for row in [
            ("Harbour", "Ann Pryce", "Labour", "1,204"),
            ("Mill Hill", "Tom Backer", "Green", "987"),
            ("Quay", "Ines Duarte", "Liberal", "1,340"),
        ]
    )
    head = "<tr><th>Ward</th><th>Elected</th><th>Party</th><th>Votes</th></tr>"
    prose = (
        "<p>Labour has taken control of Ellerby council for the first time since 1998. Turnout was 38 percent, more than before.</p>" * 2
    )
    article = f"<article><h1>Ellerby council</h1>{prose}<table>{head}{cells}</table></article>"
    page = f"<html><head><title>Ellerby council</title></head><body>{article}</body></html>"
    (folder / "ellerby.html").write_text(page, encoding="utf-8")
    men = RACE[RACE.index("| Rank") : RACE.index("| 2.")].replace("Selam Haile", "Daniel Rop")
    (folder / "race.md").write_text(f"# Northgate marathon\n\n{RACE}\n\n## Men\n\n{men}", encoding="utf-8")
    index_paths([folder], folder / "index")
    return Index.open(folder / "index")


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("who was elected in mill hill", "| Mill Hill | Tom Backer | Green | 987 |"),
        ("who won the women's marathon in northgate", "| 1 | Selam Haile | ETH | 2:21:07 |"),
        ("who came second in the northgate women's marathon", "| 2. | Marta Kowal |  | 2:23:40 |"),
        ("what was the time of daniel rop", "| 1 | Daniel Rop | ETH | 2:21:07 |"),
    ],
)
def test_a_row_answers(results: Index, question: str, row: str) -> None:
    found = results.search(question)
    assert found.answerable
    assert found[0].answer_text == row


def test_the_rows_of_a_table_on_a_page_follow_each_other(results: Index) -> None:
    """So that the text is a table in Markdown."""
    text = results.article("ellerby.html").text
    assert "| Ward | Elected | Party | Votes |\n|---|---|---|---|\n| Harbour | Ann Pryce | Labour | 1,204 |\n| Mill Hill" in text
    assert "\n\n| Ward" in text
