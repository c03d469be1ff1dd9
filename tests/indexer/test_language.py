"""Which language an article is in, and what follows from it."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paths import SHARED

from newsdex import words as words_module
from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL
from newsdex.engines.known import MINILM
from newsdex.indexer.build import Options, index_paths
from newsdex.indexer.language import counted, detect, remark, unspoken, with_language
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.report import Report
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.records import Article, Span
from newsdex.store.snapshot import Snapshot
from newsdex.words import Analyzer

POOLED = SHARED / "data" / "xquad" / "pooled" / "corpus.jsonl"

TEXTS = {
    "de": "Die Verhandlungen über den Haushalt gehen am Montag in Berlin weiter, sagte die Ministerin.",
    "en": "The talks about the budget go on in London on Monday, the minister said to reporters.",
    "es": "Las conversaciones sobre el presupuesto continúan el lunes en Madrid, dijo la ministra.",
    "fr": "Les discussions sur le budget se poursuivront lundi à Paris, a déclaré la ministre.",
    "ru": "Переговоры по бюджету продолжатся в понедельник, сообщила министр журналистам.",
    "hi": "मंत्री ने पत्रकारों से कहा कि बजट पर बातचीत सोमवार को जारी रहेगी।",
    "zh": "部长对记者说关于预算的谈判将于星期一在北京继续进行。",
    "ar": "قالت الوزيرة للصحفيين إن المحادثات حول الميزانية ستستمر يوم الاثنين",
}


def _article(text: str, title: str = "", language: str = "") -> Article:
    return Article("1", text, Path("/1.txt"), "", title=title, body=Span(0, len(text)), language=language)


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_sentence(language: str) -> None:
    """One sentence of news is enough, whatever its script."""
    assert detect(_article(TEXTS[language])) == language


@pytest.mark.skipif(not POOLED.exists(), reason="the shared collections are not here")
def test_paragraphs_in_twelve_languages() -> None:
    """All 2,880 paragraphs of XQuAD, twelve languages, are told right."""
    documents = [json.loads(line) for line in POOLED.read_text(encoding="utf-8").splitlines()]
    wrong = [d["_id"] for d in documents if detect(_article(d["text"])) != d["_id"].partition("-")[0]]
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["", "Reuters", "Los Angeles (AP)", "1 2 3 4 " * 50, "https://example.com/a/long/path/in/english/words " * 9, "." * 99]
)
def test_too_little_text_is_unknown(text: str) -> None:
    """Where there are hardly any words, nothing is guessed."""
    assert detect(_article(text)) == ""


def test_capitals_are_words_too() -> None:
    """A headline in capitals is taken for what it is in small letters."""
    assert detect(_article("CHINA SUPPORTS RUSSIA IN UKRAINE WAR, SAYS SECRETARY OF STATE BLINKEN")) == "en"


def test_a_title_helps_a_short_text() -> None:
    """Neither alone is enough, both together are."""
    title, text = "Talks about the budget go on", "The minister said so."
    assert detect(_article(text)) == ""
    assert detect(_article(text, title)) == "en"


def test_the_front_matter_is_not_looked_at() -> None:
    """Only the body counts."""
    text = f"{TEXTS['en']}\n{TEXTS['de']}"
    assert detect(Article("1", text, Path("/1"), "", body=Span(len(TEXTS["en"]), len(text)))) == "de"


def test_what_the_source_says_is_believed() -> None:
    """Even where a short text looks otherwise."""
    assert with_language(_article(TEXTS["en"], language="cy")).language == "cy"
    assert with_language(_article(TEXTS["en"])).language == "en"


LONG = {
    "en": "The government presented a new plan on Monday for how towns are to get more money for their schools. The prime minister "
    "said that she could not promise the same to all, but that the smallest would get most. The opposition says that it is too late.",
    "es": "El gobierno presentó el lunes un nuevo plan para que los ayuntamientos reciban más dinero para sus escuelas. La "
    "primera ministra dijo que no podía prometer lo mismo a todos, pero que los más pequeños recibirían más. "
    "La oposición dice que llega tarde.",
    # The detector gives this "no" a probability of 0.81.
    "no": "Politiet etterforsker brannen som drepte to mennesker i Trondheim natt til søndag. Naboene våknet av høye smell og løp ut på "
    "gata. - Vi så flammer opp av taket, og noen ropte om hjelp, sier en av dem. Nødetatene var raskt på stedet, men klarte ikke å redde "
    "bygningen. Det er foreløpig ikke kjent hva som forårsaket brannen.",
}


@pytest.mark.parametrize(
    ("told", "text", "language"), [("en", "es", "es"), ("es", "en", "en"), ("en", "en", "en"), ("nb", "no", "nb"), ("en", "no", "no")]
)
def test_a_long_text_in_another_language_overrules_its_source(told: str, text: str, language: str) -> None:
    """A Spanish page that calls itself English, as templates and printers of PDF do, is Spanish; Bokmål stays Bokmål."""
    assert with_language(_article(LONG[text] * 2, language=told)).language == language


@pytest.mark.parametrize(("letters", "language"), [(66, "en"), (67, "zh")])
def test_a_text_overrules_its_source_from_200_bytes_of_letters(letters: int, language: str) -> None:
    """A Chinese letter has three bytes in UTF-8: docs/FORMATS.md."""
    text = "政府周一公布了一项新计划说明各城镇如何为学校获得更多资金"
    text += "总理表示她不能向所有人承诺同样的待遇但最小的城镇将获得最多反对派认为这已经太晚了会议将于下周继续举行"
    assert with_language(_article(text[:letters], language="en")).language == language


@pytest.mark.parametrize(("paragraphs", "language"), [(3, "en"), (1, "zh")])
def test_a_text_with_its_translation_is_in_the_language_of_more_of_it(paragraphs: int, language: str) -> None:
    """The page of a translator that calls itself Chinese: 174 Latin letters a paragraph, and 47 Chinese ones that tell as much as 141. A
    Chinese text with one English paragraph stays Chinese.
    """
    english = (
        "The council voted on Monday to close the old swimming hall by the river, because repairs would cost more than the town spends on "
        "all of its schools together, the mayor told reporters after the meeting that evening."
    )
    chinese = "市议会周一投票决定关闭河边的旧游泳馆因为维修费用将超过该市所有学校的开支总和市长在当晚会议结束后对记者这样说道"
    text = "\n\n".join([english, chinese] * paragraphs + [chinese] * (5 if paragraphs == 1 else 0))
    assert with_language(_article(text, language="zh")).language == language


@pytest.mark.skipif(not POOLED.exists(), reason="the shared collections are not here")
def test_no_true_word_of_a_source_is_overruled() -> None:
    """Each paragraph of XQuAD and each story of NTREX keeps its language; nearly all of them lose a wrong one."""
    documents = [json.loads(line) for line in POOLED.read_text(encoding="utf-8").splitlines()]
    texts = [(document["_id"].partition("-")[0], document["text"]) for document in documents]
    for folder in (SHARED / "data" / "ntrex").iterdir():
        lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
        texts += [(folder.name, json.loads(line)["text"]) for line in lines]
    assert [text for language, text in texts if with_language(_article(text, language=language)).language != language] == []
    wrong = [with_language(_article(text, language="en" if language != "en" else "es")).language != language for language, text in texts]
    assert wrong.count(True) < 0.05 * len(texts)


def test_a_spanish_folder_that_calls_itself_english_gets_a_model_for_it(tmp_path: Path) -> None:
    """Web pages whose template says lang="en" are indexed as what they are."""
    for number in range(2):
        page = f"<html lang='en'><title>El plan</title><body><article><h1>El plan {number}</h1><p>{LONG['es']}</p></article></body></html>"
        (tmp_path / f"{number}.html").write_text(page)
    index_paths([tmp_path], tmp_path / "index", Options(model="hash"))
    assert [article.language for article in _articles(tmp_path / "index")] == ["es", "es"]


@given(st.text())
@example("\x00" * 100)
@example("\U0001f600" * 100)
def test_any_text_has_a_code_or_none(text: str) -> None:
    """Nothing makes the detector fail; what it says is two letters or nothing."""
    found = detect(_article(text))
    assert found == "" or (len(found) == 2 and found.isalpha() and found.islower())


@given(st.text())
@example("en" * 10_000)
@example("x-" * 10_000)
def test_any_tag_is_a_code_or_none(tag: str) -> None:
    """What a source writes as its language may be anything."""
    assert code_of(tag) == "" or len(code_of(tag)) == 2


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        pytest.param({"language": "de"}, "de", id="language"),
        pytest.param({"lang": "pt-BR"}, "pt", id="lang with a region"),
        pytest.param({"lang": "spa"}, "es", id="three letters"),
        pytest.param({"language": "English"}, "en", id="a name is no code: the text decides"),
        pytest.param({"language": ["fr", "en"]}, "en", id="two are no code either"),
        pytest.param({}, "en", id="nothing"),
    ],
)
def test_language_from_a_record(tmp_path: Path, fields: dict[str, object], language: str) -> None:
    """A field of a record or of front matter, if it is a code, goes before the detector; it is stored with the article."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"_id": "1", "text": TEXTS["en"], **fields}) + "\n")
    lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in fields.items())
    (tmp_path / "b.md").write_text(f"---\n{lines}---\n\n{TEXTS['en']}\n")
    index_paths([tmp_path / "a.jsonl", tmp_path / "b.md"], tmp_path / "index", Options(model="hash"))
    articles = _articles(tmp_path / "index")
    assert [article.language for article in articles] == [language, language]
    kept = {name: value for name, value in fields.items() if value == "English"}
    assert articles[0].metadata.items() >= kept.items()


def _articles(folder: Path) -> list[Article]:
    snapshot = Snapshot.open(folder)
    return [snapshot.segments[number].article(row) for number, row in snapshot.articles()]


def _run(folder: Path, *, model: str = "hash") -> Report:
    return index_paths([folder / "a.jsonl"], folder / "index", Options(model=model))


def _write(folder: Path, *languages: str, **fields: str) -> None:
    lines = [json.dumps({"_id": str(n), "text": TEXTS[language], **fields}) for n, language in enumerate(languages)]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n")


def test_another_judgement_embeds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index keeps the language that it has; where the source names one later, nothing is embedded again either."""
    _write(tmp_path, "en", "de")
    assert _run(tmp_path).embedded == 2
    monkeypatch.setattr("newsdex.indexer.language.detect", lambda _: "it")
    (tmp_path / "a.jsonl").touch()
    assert _run(tmp_path).unchanged == 2
    _write(tmp_path, "en", "de", language="fr")
    report = _run(tmp_path)
    assert (report.updated, report.embedded) == (2, 0)
    assert [article.language for article in _articles(tmp_path / "index")] == ["fr", "fr"]


def test_words_are_stemmed_by_the_language(tmp_path: Path) -> None:
    """German words are found by German stems: "Verhandlung" has the stem of "Verhandlungen"."""
    from newsdex.store.postings import hash_of

    _write(tmp_path, "de")
    _run(tmp_path)
    [segment] = Snapshot.open(tmp_path / "index").segments
    [term] = Analyzer("de").terms("Verhandlung")
    assert segment.postings.of([hash_of(term)]) != [None]
    assert Analyzer("en").terms("Verhandlung") != [term]


def test_sentences_are_those_of_the_language(tmp_path: Path) -> None:
    """A German date keeps its sentence whole."""
    text = "Die Ministerin sprach am 3. Mai im Bundestag über den Haushalt. Danach ging sie nach Hause."
    (tmp_path / "a.txt").write_text(text)
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    [segment] = Snapshot.open(tmp_path / "index").segments
    assert [text[s.start : s.end] for s in segment.sentences(0)] == [text[:63], text[64:]]


def test_many_articles_that_the_model_does_not_speak(tmp_path: Path) -> None:
    """The report counts them when they are many, and not when they are few; a rebuild counts them again; the status names them."""
    _write(tmp_path, *["en"] * 9, "de", "fr")
    report = _run(tmp_path, model=DEFAULT_MODEL)
    assert report.unspoken == {"de": 1, "fr": 1}
    assert rebuild_index(tmp_path / "index").unspoken == {"de": 1, "fr": 1}
    status = read_status(tmp_path / "index")
    assert (status.languages, status.unspoken) == ({"en": 9, "de": 1, "fr": 1}, ["de", "fr"])
    assert ("languages", "en 9, de 1, fr 1") in list(status.rows())
    assert unspoken(Counter(en=99, de=1), MINILM.card) == {}


def test_the_cure_is_named() -> None:
    """The line for a person says how many, which, and what to type."""
    line = remark(Counter(de=1200, zh=3), DEFAULT_MODEL, "newsdex rebuild --index-dir there")
    assert line.startswith("1,203 articles are in languages that all-MiniLM-L6-v2 does not support (de 1,200, zh 3)")
    assert line.endswith(f": newsdex rebuild --index-dir there --model {MULTILINGUAL_MODEL}")


@pytest.mark.parametrize(
    ("languages", "line"),
    [
        ({"de": 1}, "1 article is in a language that m does not support (de 1): it is found by keywords"),
        ({"de": 2}, "2 articles are in a language that m does not support (de 2): they are found by keywords"),
        ({"de": 1, "zh": 1}, "2 articles are in languages that m does not support (de 1, zh 1): they are found by keywords"),
    ],
)
def test_one_is_no_many(languages: dict[str, int], line: str) -> None:
    """The line agrees with its numbers."""
    assert remark(Counter(languages), "m", "").startswith(line)


def test_unknown_languages_come_last() -> None:
    """Whatever their number."""
    assert counted(Counter({"": 9, "de": 1, "en": 2})) == "en 2, de 1, unknown 9"


def test_plain_text_has_no_marks_and_no_script_without_spaces() -> None:
    """What the short expression for words is used for."""
    others = re.compile(f"[{words_module.DENSE}{words_module.MARKS}]")
    plain = words_module.plain()
    assert not [number for number in range(sys.maxunicode + 1) if plain.fullmatch(chr(number)) and others.match(chr(number))]


@given(
    st.text(
        st.characters(max_codepoint=0x3004)
        | st.sampled_from("aZ 19.,'-_\u2019\u00e9\u00b2\u03bc\u0438\u20ac\u2010\u2011\u00a0\u2009\u202f\u200b")
    )
)
def test_plain_text_has_the_words_that_any_text_has(text: str) -> None:
    """The short expression finds what the long one finds."""
    if words_module.plain().fullmatch(text):
        assert words_module.plain_token().findall(text) == words_module.any_token().findall(text)


@given(st.text(st.sampled_from("aZ 19.,'-_\u2019\u2018\u201c\u201d\u2014\u2026\u2022\u25a0\u00a3\u20ac\u00e9\u4e2d\n"), max_size=60))
def test_typographic_text_has_the_words_that_any_text_has(text: str) -> None:
    """Quotation marks, dashes and other symbols that are read like ASCII change no word, no place and no term."""
    analyzer = Analyzer("en")
    found = [(found.start(), found.end()) for found in words_module.any_token().finditer(text)]
    apart = [(start + word.start, start + word.end, word.terms) for start, end in found for word in Analyzer("en").words(text[start:end])]
    assert [tuple(word) for word in analyzer.words(text)] == apart
    assert analyzer.terms(text) == [term for *_, terms in apart for term in terms]


@given(
    st.text(st.sampled_from("aAbZ 19.,'-_\u2019\u00e9\u0301\u4e2d\u6587\u0e01\n\u2010\u2011\u00a0\u2009\u202f\u200b"), max_size=60),
    st.sampled_from(["", "en", "fr"]),
)
def test_wanted_words_are_found_where_all_words_are(text: str, language: str) -> None:
    """The quick way to the places of some terms gives what going through every word gives, whatever stands between words."""
    analyzer = Analyzer(language)
    words = list(analyzer.words(text))
    for wanted in [set(), *({term} for word in words for term in word.terms), {term for word in words for term in word.terms}]:
        assert list(analyzer.places(text, wanted)) == [(word.start, word.end) for word in words if not wanted.isdisjoint(word.terms)]
    assert analyzer.terms(text) == [term for word in words for term in word.terms]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ICE\u20114, F\u201016", "ICE-4, F-16"),
        ("non\u2011breaking l\u2019apr\u00e8s\u2011midi", "non-breaking l'apr\u00e8s-midi"),
        ("3.5\u2011litre 1990\u20112000", "3.5-litre 1990-2000"),
        ("mur\u200bders, \u200bfire\u200b", "murders, fire"),
        ("\u0e01\u200b\u0e02 \u4e2d\u200b\u6587", "\u0e01 \u0e02 \u4e2d \u6587"),
        ("2024\u00a0300, 12\u00a04000, 12\u00a0400,5, 12\u202f400km", "2024 300, 12 4000, 12 400,5, 12 400km"),
    ],
)
@pytest.mark.parametrize("around", ["", "\u00e9 ", "\u4e2d "])
def test_hyphens_and_unseen_marks_cut_no_other_words(text: str, same: str, around: str) -> None:
    """In any text: of European letters, and of other scripts."""
    analyzer = Analyzer("en")
    assert analyzer.terms(around + text) == analyzer.terms(around + same)


@pytest.mark.parametrize(("text", "number"), [("49\u202f312", "49,312"), ("1\u00a0234\u2009567 km", "1,234,567"), ("5\u00a0000", "5.000")])
@pytest.mark.parametrize("around", ["", "\u00e9 ", "\u4e2d "])
def test_a_number_is_found_with_any_mark_between_thousands(text: str, number: str, around: str) -> None:
    """And by its parts; a plain space divides two numbers."""
    analyzer = Analyzer("fr")
    terms = analyzer.terms(around + text)
    assert {*analyzer.terms(number), *re.findall(r"\d+", text)} <= {*terms}
    assert not {*analyzer.terms(number)} & {*analyzer.terms(re.sub("[\u00a0\u2009\u202f]", " ", around + text))}


@given(
    st.lists(
        st.text(st.sampled_from("aeghnstyz\u00df\u00e4\u00e9\u00f1\u00f8\u0109\u03ac\u03ce\u0439"), min_size=1, max_size=9), min_size=1
    ),
    st.sampled_from(["", "de", "en", "es", "fr", "el", "ru", "zh"]),
)
def test_words_together_have_the_terms_of_each(words: list[str], language: str) -> None:
    """Also where accents are lost behind the stem, and with 's."""
    analyzer = Analyzer(language)
    words += [f"{word}'s" for word in words]
    assert analyzer.terms_of_words(words) == {term for word in words for term in analyzer.terms(word)}
