"""Bytes of any encoding to text, or a reason why not."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import decode, decode_with_remark, without_surrogates

GERMAN = (
    "Die Bundesregierung prüft schärfere Maßnahmen gegen Rußland. Über Köln lag Nebel; die Bürger hörten die Züge, sagte Frau Müller. "
    "Für größere Städte gälten künftig ähnliche Regeln.\r\n"
)
ALBANIAN = (
    "Qeveria e Shqipërisë njoftoi se çështja do të shqyrtohet më vonë. Kryeministri tha se është një ditë e rëndësishme për Kosovën, "
    "dhe se bisedimet do të vazhdojnë në javën që vjen.\n"
)
ENGLISH = "The shop on the corner of the street was closed for the day, the owner said on Friday. "
CHINESE = "外交部发言人表示, 会谈将继续进行。"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(b"Plain ASCII.\r\n", "Plain ASCII.\r\n", id="ASCII, line ends kept"),
        pytest.param(GERMAN.encode(), GERMAN, id="UTF-8"),
        pytest.param(CHINESE.encode(), CHINESE, id="UTF-8, three bytes a character"),
        pytest.param("\U0001f600\U0010ffff".encode(), "\U0001f600\U0010ffff", id="UTF-8, four bytes a character"),
        pytest.param("ë".encode(), "ë", id="UTF-8, one character"),
        pytest.param(b"\xef\xbb\xbf" + GERMAN.encode(), GERMAN, id="UTF-8 with BOM"),
        pytest.param(b"\xef\xbb\xbf", "", id="a BOM alone"),
        pytest.param(b"\xff\xfe" + ALBANIAN.encode("utf-16-le"), ALBANIAN, id="UTF-16 LE with BOM"),
        pytest.param(b"\xfe\xff" + ALBANIAN.encode("utf-16-be"), ALBANIAN, id="UTF-16 BE with BOM"),
        pytest.param(b"\xff\xfe" + CHINESE.encode("utf-16-le"), CHINESE, id="Chinese UTF-16 LE with BOM"),
        pytest.param(b"\xff\xfe\x00\x00" + GERMAN.encode("utf-32-le"), GERMAN, id="UTF-32 LE with BOM"),
        pytest.param(b"\x00\x00\xfe\xff" + GERMAN.encode("utf-32-be"), GERMAN, id="UTF-32 BE with BOM"),
        pytest.param(ENGLISH.encode("utf-16-le"), ENGLISH, id="English UTF-16 LE without BOM"),
        pytest.param(ENGLISH.encode("utf-16-be"), ENGLISH, id="English UTF-16 BE without BOM"),
        pytest.param(GERMAN.encode("utf-16-le"), GERMAN, id="German UTF-16 LE without BOM"),
        pytest.param(ALBANIAN.encode("utf-16-be"), ALBANIAN, id="Albanian UTF-16 BE without BOM"),
    ],
)
def test_unicode_is_read_as_it_was_written(content: bytes, text: str) -> None:
    """Text in UTF-8, UTF-16 or UTF-32 is read as it was written, without its byte order mark."""
    assert decode(content) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param(GERMAN, "cp1252", id="German, cp1252"),
        pytest.param(GERMAN, "latin-1", id="German, latin-1"),
        pytest.param(GERMAN, "cp1250", id="German, cp1250"),
        pytest.param("„Schön“, sagte er \u2013 und ging. " + GERMAN, "cp1252", id="German, cp1252 with quotation marks and a dash"),
        pytest.param(ALBANIAN, "cp1252", id="Albanian, cp1252"),
        pytest.param(ALBANIAN, "latin-1", id="Albanian, latin-1"),
        pytest.param(ALBANIAN, "cp1250", id="Albanian, cp1250"),
        pytest.param("“Është e qartë”, tha ai. " + ALBANIAN, "cp1252", id="Albanian, cp1252 with quotation marks"),
        pytest.param(ALBANIAN * 2000, "cp1252", id="Albanian, longer than the sample"),
    ],
)
def test_legacy_encoding_is_found(text: str, encoding: str) -> None:
    """German and Albanian in a code page of the time before Unicode are read right."""
    assert decode(text.encode(encoding)) == text


FRENCH = "La police arrête un homme: «\xa0La mer était agitée\xa0», a déclaré le secrétaire d\u2019État. L\u2019œuvre coûtera 5 €.\n"
SPANISH = "El señor Peña dice que el año pasado un niño de 13 años enseñó más de lo que debía.\n"
PORTUGUESE = "As eleições na região são em março; a informação não foi confirmada, e o furacão Rosa já não existe.\n"
TURKISH = "Hükümet dün öğretmenlerin maa\u015f artışının yüksek olacağını söyledi. Bakan, paranın bütçede olduğunu söyledi.\n"  # noqa: RUF001
HUNGARIAN = (
    "A kormány szerdán döntött arról, hogy a jövő évben növeli az oktatásra fordított összeget, és ezzel együtt új iskolákat épít a "
    "vidéki településeken. A miniszter szerint a tanárok bére is emelkedni fog, de ennek pontos mértékéről csak később adnak "
    "tájékoztatást. Az ellenzék képviselői bírálták a tervet, mert szerintük az nem oldja meg a rendszer legfontosabb gondjait. "
)
POLISH = "Rząd ogłosił wczoraj, że podwyżki płac dla nauczycieli będą wyższe, niż się spodziewano. Minister się cieszył.\n"
CZECH = "Vláda včera oznámila, že zvýšení platů učitelů bude vyšší, než se očekávalo. Odbory přijaly zprávu s úlevou.\n"
ROMANIAN = "Guvernul a anunţat ieri că majorarea salariilor profesorilor va fi mai mare decât se aştepta.\n"
LATVIAN = "Valdība vakar paziņoja, ka skolotāju algu pieaugums būs lielāks, nekā gaidīts. Ministrs sacīja, ka nauda jau ir.\n"
SWEDISH = "Regeringen meddelade i går att lärarnas löneökning blir större än väntat.\n"
RUSSIAN = "Правительство объявило вчера, что повышение зарплат учителей будет больше, чем ожидалось.\n"


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        pytest.param(FRENCH, "cp1252", id="French"),
        pytest.param(FRENCH.replace("\u2019", "'"), "iso8859_15", id="French with a euro sign in Latin 9"),
        pytest.param(FRENCH * 2000, "cp1252", id="French, longer than the sample"),
        pytest.param(SPANISH, "cp1252 iso8859_15", id="Spanish"),
        pytest.param("Señor Peña", "cp1252 latin_1", id="a Spanish name"),
        pytest.param(PORTUGUESE, "cp1252 iso8859_15", id="Portuguese"),
        pytest.param(SWEDISH, "cp1252 iso8859_15", id="Swedish"),
        pytest.param(FRENCH.replace("\u2019", "'"), "cp850 cp437 mac_roman", id="French of DOS and the Macintosh"),
        pytest.param(GERMAN * 2, "cp850 cp437 mac_roman", id="German of DOS and the Macintosh"),
        pytest.param(SPANISH, "cp850 cp437", id="Spanish of DOS"),
        pytest.param(SPANISH * 2 + "Él será más rápido: después, hará ocho años.", "mac_roman", id="Spanish of the Macintosh"),
        pytest.param(
            "It\u2019s over\u2014again\u2026and the owner\u2019s\xa0shop, he said, isn\u2019t\x96so. ", "cp1252", id="signs within words"
        ),
        pytest.param(HUNGARIAN, "cp852 mac_latin2 cp1250 iso8859_2", id="Hungarian, also of DOS and the Macintosh"),
        pytest.param(TURKISH, "cp1254 iso8859_9", id="Turkish"),
        pytest.param(POLISH, "cp1250 iso8859_2", id="Polish"),
        pytest.param(CZECH, "cp1250 iso8859_2", id="Czech"),
        pytest.param(ROMANIAN, "cp1250", id="Romanian"),
        pytest.param(LATVIAN, "cp1257 iso8859_13", id="Latvian"),
        pytest.param(RUSSIAN, "cp1251 koi8_r iso8859_5", id="Russian"),
        pytest.param(CHINESE * 3, "gb18030 big5", id="Chinese"),
    ],
)
def test_code_page_is_that_of_the_language(text: str, encodings: str) -> None:
    """Of the code pages that give letters, the one in which the language is written; windows-1252 if it cannot be told."""
    for encoding in encodings.split():
        content = text.encode(encoding, "ignore")
        assert decode_with_remark(content) == (content.decode(encoding), ""), encoding


@pytest.mark.parametrize("lines", [20, 2_000])
def test_code_page_is_that_of_what_follows_an_english_beginning(lines: int) -> None:
    """Which, in ASCII, is the same in all of them, and may be longer than the sample."""
    beginning = "\u00a9 The archive of the newspaper: all rights are reserved, and no part of it may be copied.\n" * lines
    for text, encoding in ((POLISH, "cp1250"), (TURKISH, "cp1254"), (RUSSIAN, "cp1251")):
        content = (beginning.replace("\u00a9", "(c)") + text).encode(encoding)
        assert decode_with_remark(content) == (content.decode(encoding), ""), encoding
    content = (beginning[:100] + beginning.replace("\u00a9", "(c)")[: 90 * 20] + POLISH).encode("cp1250")
    assert decode_with_remark(content) == (content.decode("cp1250"), "")


def test_guess_is_told() -> None:
    """Text that is too short to tell its language has a remark with the encoding."""
    assert decode_with_remark("Vrö kmpé zxw.".encode("cp1252")) == (
        "Vrö kmpé zxw.",
        "encoding guessed as cp1252, so letters may be wrong; save the file as UTF-8",
    )
    assert decode_with_remark("It cost £5.".encode("cp1252")) == ("It cost £5.", "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ENGLISH.replace("shop", "café") * 10, id="an accent"),
        pytest.param(ENGLISH.replace("corner of", "corner\xa0of") * 3, id="a non-breaking space"),
        pytest.param("It cost £5m, the owner said on Friday.", id="a pound sign"),
        pytest.param(ENGLISH * 10 + "© 2024 Reuters", id="a copyright sign at the end"),
        pytest.param("“It\u2019s over”, he said \u2013 at five o\u2019clock. " + ENGLISH, id="curly quotation marks and a dash"),
        pytest.param(ENGLISH * 2000 + "\xa0", id="a non-breaking space after the sample"),
    ],
)
def test_one_odd_character_in_english_is_read_as_windows_wrote_it(text: str) -> None:
    """English text with next to nothing to tell a code page by is in the one that is by far the most frequent, cp1252."""
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("damaged", "text"),
    [
        pytest.param(GERMAN.encode().replace(b"Nebel", b"Ne\xffel"), GERMAN.replace("Nebel", "Ne\ufffdel"), id="a wrong byte"),
        pytest.param(GERMAN.encode().replace("ß".encode(), b"\xc3", 1), GERMAN.replace("ß", "\ufffd", 1), id="a byte lost"),
        pytest.param((GERMAN * 3 + "ü").encode()[:-1], GERMAN * 3 + "\ufffd", id="cut inside a character"),
        pytest.param((GERMAN * 2000).encode() + b"\xff", GERMAN * 2000 + "\ufffd", id="a wrong byte after the sample"),
        pytest.param(codecs.BOM_UTF8 + b"a\xffb", "a\ufffdb", id="a wrong byte after a BOM"),
        pytest.param(b"\xff\xfea\x00b", "a\ufffd", id="UTF-16 of an odd number of bytes"),
        pytest.param(b"\xff\xfe\x00\xd8a\x00", "\ufffda", id="half a surrogate pair in UTF-16"),
        pytest.param(b"\xff\xfe\x00\x00\xff\xff\xff\xff", "\ufffd", id="beyond Unicode in UTF-32"),
    ],
)
def test_damage_costs_only_what_is_damaged(damaged: bytes, text: str) -> None:
    """A byte that does not belong in UTF-8, UTF-16 or UTF-32 text becomes U+FFFD, and all the rest is read."""
    assert decode(damaged) == text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00\\r\xa8f", id="PNG"),
        pytest.param(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xdf\xa4\xd2lZ\x01\x00\x00 \x05\x00\x00", id="docx"),
        pytest.param(b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00\x01\x00\x00\x00", id="program"),
        pytest.param(bytes(range(256)) * 4, id="all bytes"),
        pytest.param(bytes(1000), id="zeros"),
        pytest.param(b"\x00", id="one zero"),
        pytest.param(b"ab\x00cd", id="a zero among few characters"),
    ],
)
def test_binary_file_is_refused(content: bytes) -> None:
    """A file that is no text is an error with a reason fit for a person, not passages of noise."""
    with pytest.raises(SourceError, match=r"^a binary file"):
        decode(content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"a" * 99 + b"\0", "a" * 99 + "\0", id="one in a hundred"),
        pytest.param(("ë" * 150 + "\0").encode(), "ë" * 150 + "\0", id="one among letters of two bytes"),
    ],
)
def test_stray_nul_stays_text(content: bytes, text: str) -> None:
    """A few NULs in UTF-8 do not make it a binary file; they stay where they are, so that offsets hold."""
    assert decode(content) == text


_PIECES = (
    b"\xff\xfe \xfe\xff \xef\xbb\xbf \0\0\xfe\xff \0 \0\xd8 +AAD- +/v8 ~{ \x1b$B \x80 \x81 \xe9 \xc3\xa9 \xed\xa0\x80 \xf0\x9f\x98\x80 text"
).split(b" ")


@given(st.one_of(st.binary(max_size=400), st.lists(st.sampled_from([*_PIECES, b" ", b"\n"]), max_size=60).map(b"".join)))
@example(b"\xff\xfe\x00\xd8")
@settings(deadline=None, max_examples=400)
def test_any_bytes_give_text_or_a_source_error(content: bytes) -> None:
    """Whatever the bytes, the result is text that can be stored as UTF-8, or a SourceError; never another exception."""
    try:
        text = decode(content)
    except SourceError:
        return
    assert text.encode().decode() == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")))
@settings(deadline=None, max_examples=200)
def test_utf8_is_read_back(text: str) -> None:
    """Text without NULs comes back from UTF-8 as it was, with and without a byte order mark."""
    assert decode(text.encode()) == text
    assert decode(codecs.BOM_UTF8 + text.encode()) == text


@given(st.text(st.characters(exclude_categories=[])))
@example("a\ud800b")
@example("\ud83d\ude00")
@settings(deadline=None, max_examples=200)
def test_surrogates_are_replaced_one_by_one(text: str) -> None:
    """Each lone surrogate becomes U+FFFD and every other character stays, so that no offset moves."""
    cleaned = without_surrogates(text)

    assert len(cleaned) == len(text)
    assert cleaned.encode().decode() == cleaned
    for before, after in zip(text, cleaned, strict=True):
        assert after == ("\ufffd" if 0xD800 <= ord(before) <= 0xDFFF else before)
