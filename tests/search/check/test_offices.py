"""An office is supported only of the one who holds it, in the place that is said. The archive has all words of each claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsdex import Index, Options, index_paths

TEXT = (
    "Velden County District Attorney Ann Roe announced the charges on Monday. Tom Hale, the mayor of Lindal, thanked her. "
    "Assistant District Attorney Eva Lund leads the case, and the governor of Sarbia, Max Orr, was told. "
    "Sen. Ida Falk spoke with the sheriff. Leo Brandt wrote a book on the editor. He served under Minister Ada Krogh. "
    "The treasurer is at odds with Kurt Dahl. Nils Berg resigned as coach, and Shadow Trade Secretary Lea Voss asked why. "
    "Ivo Stark dismissed the speaker, and Una Reif quit the commissioner's office. "
    "Rolf Dietz, a teacher of 51 years, has been elected the chancellor of Ostland. Inga Thal has appointed the ambassador."
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offices")
    (folder / "a.jsonl").write_text(json.dumps({"id": "a", "title": "Charges in Velden", "text": TEXT, "language": "en"}), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options())
    return folder / "index"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("Ann Roe is the district attorney of Velden County.", "supported"),
        ("Ann Roe is the mayor of Lindal.", "partly"),
        ("Ann Roe is the district attorney of Lindal County.", "partly"),
        ("Tom Hale is the mayor of Lindal.", "supported"),
        ("Tom Hale is the governor of Sarbia.", "partly"),
        ("Max Orr is the governor of Sarbia.", "supported"),
        ("Eva Lund is the district attorney of Velden County.", "partly"),
        ("Ida Falk is a senator.", "supported"),
        ("Ida Falk is a sheriff.", "partly"),
        # The sentence before ends with the word
        ("Leo Brandt is a sheriff.", "partly"),
        # Under her is no office
        ("Ada Krogh is a minister.", "supported"),
        # Nobody is named who holds it
        ("Kurt Dahl is the treasurer.", "partly"),
        ("Nils Berg resigned as coach.", "supported"),
        ("Nils Berg resigned as editor.", "partly"),
        # Not of those who dismiss or leave somebody
        ("Ivo Stark is the speaker.", "partly"),
        ("Una Reif is the commissioner.", "partly"),
        ("Inga Thal is the ambassador.", "partly"),
        # What is told beside the name is of him
        ("Rolf Dietz is the chancellor of Ostland.", "supported"),
        ("Rolf Dietz has been elected chancellor of Ostland.", "supported"),
        ("Rolf Dietz is the chancellor of Sarbia.", "partly"),
        ("Lea Voss is the shadow trade secretary.", "supported"),
        ("Lea Voss is the trade secretary.", "partly"),
    ],
)
def test_an_office_is_of_its_holder(index: Path, claim: str, verdict: str) -> None:
    with Index.open(index) as opened:
        assert opened.check(claim).sentences[0].verdict == verdict


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("Antony Blinken is the US Secretary of State.", True),
        ("Antony Blinken is the president of China.", False),
        ("Antony Blinken is the British foreign secretary.", False),
        ("Claudia Sheinbaum is the president of Mexico.", True),
        ("Claudia Sheinbaum is the president of Brazil.", False),
        ("Narendra Modi is the prime minister of India.", True),
        ("Narendra Modi is the president of India.", False),
        ("Fumio Kishida is the prime minister of Japan.", True),
        ("Fumio Kishida is the emperor of Japan.", False),
        ("Robert Fico is the prime minister of Slovakia.", True),
        ("Robert Fico is the president of Slovakia.", False),
        ("Xi Jinping is the president of Russia.", False),
        ("Joe Biden is the president of the United States.", True),
        ("Joe Biden is the secretary of state.", False),
        ("Sergei Shoigu was the defence minister of Russia.", True),
        ("Sergei Shoigu was the foreign minister of Russia.", False),
        ("Wang Yi is the defence minister of China.", False),
        ("Pavel Durov is the founder of Telegram.", True),
        ("Pavel Durov is the lawyer of Telegram.", False),
    ],
)
def test_offices_in_the_sample_archive(demo_index: Path, claim: str, supported: bool) -> None:
    with Index.open(demo_index) as opened:
        assert (opened.check(claim).sentences[0].verdict == "supported") == supported
