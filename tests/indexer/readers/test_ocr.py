"""Scanned PDFs and pictures, read by the system's Tesseract in confined parsers. The pages are drawn here by PDFium."""

from __future__ import annotations

import ctypes
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from paths import DOCS
from pypdfium2 import raw

from newsdex import Article, Index, Options, Report, UsageError, index_paths
from newsdex.errors import SourceError
from newsdex.indexer.limits import DEFAULT
from newsdex.indexer.readers import ocr
from newsdex.indexer.source import Wanted
from newsdex.indexer.upkeep.status import read_skipped
from newsdex.store.snapshot import Snapshot

needs_tesseract = pytest.mark.skipif(
    not any(Path(folder).exists() for folder in ocr.FOLDERS), reason="needs Tesseract: apt-get install tesseract-ocr"
)

FIRST = (
    "Harbour bridge reopens",
    "The harbour bridge at Lindholm reopened to traffic on Tuesday",
    "after eleven months of repairs. Engineers replaced 240 bearings.",
)
SECOND = ("On the second page the mayor thanked all of the workers", "and opened the ferry terminal in the afternoon.")


def drawn(lines: Sequence[str]) -> tuple[pypdfium2.PdfDocument, pypdfium2.PdfBitmap]:
    """A page of A4 with these lines, as a document with text and as gray pixels."""
    document = pypdfium2.PdfDocument.new()
    font = raw.FPDFText_LoadStandardFont(document, b"Helvetica")
    page = document.new_page(595, 842)
    for number, line in enumerate(lines):
        written = raw.FPDFPageObj_CreateTextObj(document, font, ctypes.c_float(14))
        letters = (line + "\0").encode("utf-16-le")
        raw.FPDFText_SetText(written, ctypes.cast(letters, ctypes.POINTER(ctypes.c_ushort)))
        raw.FPDFPageObj_Transform(written, 1, 0, 0, 1, 60, 780 - 24 * number)
        raw.FPDFPage_InsertObject(page, written)
    page.gen_content()
    return document, page.render(scale=200 / 72, grayscale=True)


def rows(bitmap: pypdfium2.PdfBitmap) -> list[bytes]:
    """The lines of pixels."""
    return [bytes(bitmap.buffer[row * bitmap.stride : row * bitmap.stride + bitmap.width]) for row in range(bitmap.height)]


def png(width: int, height: int, lines: Sequence[bytes], channels: int = 1) -> bytes:
    """A PNG that says that it has this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + line for line in lines), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def picture(lines: Sequence[str]) -> bytes:
    """A scanned page as PNG."""
    bitmap = drawn(lines)[1]
    return png(bitmap.width, bitmap.height, rows(bitmap))


def tiff(pages: Sequence[Sequence[str]]) -> bytes:
    """Scanned pages as one TIFF of 8 bits a pixel, not compressed."""
    content = b""
    directories = []
    for lines in pages:
        bitmap = drawn(lines)[1]
        pixels = b"".join(rows(bitmap))
        start = 8 + len(content)
        content += pixels + b"\0" * (len(pixels) % 2)
        values = [(256, bitmap.width), (257, bitmap.height), (258, 8), (259, 1), (262, 1), (273, start), (277, 1), (278, bitmap.height)]
        directories.append([*values, (279, len(pixels))])
    place = 8 + len(content)
    head = b"II*\0" + struct.pack("<I", place)
    for number, values in enumerate(directories, 1):
        place += 2 + 12 * len(values) + 4
        content += struct.pack("<H", len(values)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values)
        content += struct.pack("<I", place if number < len(directories) else 0)
    return head + content


def save_scan(path: Path, pages: Sequence[Sequence[str]], *, written: Sequence[Sequence[str]] = ()) -> None:
    """A PDF of scanned pages, after such with ``written`` text."""
    document = pypdfium2.PdfDocument.new()
    for lines in written:
        document.import_pages(drawn(lines)[0])
    for lines in pages:
        page = document.new_page(595, 842)
        image = pypdfium2.PdfImage.new(document)
        image.set_bitmap(drawn(lines)[1])
        image.set_matrix(pypdfium2.PdfMatrix().scale(595, 842))
        page.insert_obj(image)
        page.gen_content()
    document.save(path)


def build(folder: Path, wanted: str | None = "eng", **options: object) -> Report:
    """A run with OCR of ``wanted`` languages."""
    return index_paths([folder / "articles"], folder / "index_data", Options(model="hash", wanted=Wanted(ocr=wanted), **options))  # type: ignore[arg-type]


def articles(folder: Path) -> dict[str, Article]:
    """What the index has, by name."""
    snapshot = Snapshot.open(folder / "index_data")
    found = [snapshot.segments[number].article(row) for number, row in snapshot.articles()]
    return {article.path.name + (f"#{article.member}" if article.member else ""): article for article in found}


def skipped(folder: Path) -> dict[str, list[str]]:
    """What is said of each file."""
    told: dict[str, list[str]] = {}
    for problem in read_skipped(folder / "index_data"):
        told.setdefault(problem.path.name, []).append(problem.reason)
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article, so that there is always an index."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "plain.txt").write_text("The ferry terminal opened in the afternoon.", encoding="utf-8")
    return tmp_path


@needs_tesseract
def test_scans_are_read_page_by_page(folder: Path) -> None:
    """A scanned PDF, a picture, a TIFF and a member of an archive give the words that were drawn, with the page and how sure they are."""
    home = folder / "articles"
    save_scan(home / "two.pdf", [FIRST, SECOND])
    (home / "one.PNG").write_bytes(picture(FIRST))
    (home / "two.tiff").write_bytes(tiff([FIRST, SECOND]))
    with zipfile.ZipFile(home / "packed.zip", "w") as archive:
        archive.writestr("deep/one.png", picture(SECOND))
    assert build(folder).added == 5
    found = articles(folder)
    for name, pages in (
        ("two.pdf", (FIRST, SECOND)),
        ("two.tiff", (FIRST, SECOND)),
        ("one.PNG", (FIRST,)),
        ("packed.zip#deep/one.png", (SECOND,)),
    ):
        article = found[name]
        starts = [*article.pages, len(article.text)]
        assert len(article.pages) == len(pages), name
        for lines, start, end in zip(pages, starts, starts[1:], strict=False):
            assert article.text[start:end].split() == " ".join(lines).split(), name
        assert article.metadata["ocr_pages"] == str(len(pages))
        assert 80 <= int(article.metadata["ocr_confidence"]) <= 100
    assert found["two.pdf"].title == FIRST[0]
    assert "ocr_pages" not in found["plain.txt"].metadata
    with Index.open(folder / "index_data") as index:
        [best] = index.search("mayor thanked the workers", where={"type": "eq", "key": "id", "value": "articles/two.pdf"}, limit=1)
        assert "mayor thanked" in best.passage.text


@needs_tesseract
def test_only_pages_without_text_are_read(folder: Path) -> None:
    """Of a PDF with a page of text and a scanned one, the second alone is read by OCR."""
    save_scan(folder / "articles" / "mixed.pdf", [SECOND], written=[FIRST])
    build(folder)
    article = articles(folder)["mixed.pdf"]
    assert article.metadata["ocr_pages"] == "1"
    assert " ".join(article.text.split()) == " ".join((*FIRST, *SECOND))


def test_a_scanned_page_among_others_is_named(folder: Path) -> None:
    """Without OCR it is missing from the article."""
    save_scan(folder / "articles" / "one.pdf", [SECOND], written=[FIRST])
    save_scan(folder / "articles" / "two.pdf", [SECOND, SECOND], written=[FIRST])
    build(folder, None)
    needs = "without text: needs OCR (newsdex index --ocr)"
    assert skipped(folder) == {"one.pdf": [f"page 2 is a picture {needs}"], "two.pdf": [f"page 2 and 1 more are pictures {needs}"]}


@needs_tesseract
def test_columns_are_read_one_after_the_other(folder: Path) -> None:
    """A page of a newspaper: across its columns, sentences of different stories would mix."""
    left = [
        "The ferry to Lindholm was late",
        "because of fog in the strait,",
        "the harbour master said, and",
        "the last boat did not sail.",
    ]
    right = ["A bakery in the old town has", "won the prize for rye bread", "for the third time, and will", "open a second shop in May."]
    document, _ = drawn([])
    font, page = raw.FPDFText_LoadStandardFont(document, b"Helvetica"), document[0]
    for x, column in ((40, left), (310, right)):
        for number, line in enumerate(column * 6):
            written = raw.FPDFPageObj_CreateTextObj(document, font, ctypes.c_float(13))
            letters = (line + "\0").encode("utf-16-le")
            raw.FPDFText_SetText(written, ctypes.cast(letters, ctypes.POINTER(ctypes.c_ushort)))
            raw.FPDFPageObj_Transform(written, 1, 0, 0, 1, x, 790 - 18 * number)
            raw.FPDFPage_InsertObject(page, written)
    page.gen_content()
    drawn_page = page.render(scale=200 / 72, grayscale=True)
    (folder / "articles" / "page.png").write_bytes(png(drawn_page.width, drawn_page.height, rows(drawn_page)))
    build(folder)
    text = " ".join(articles(folder)["page.png"].text.split())
    assert " ".join(left) in text
    assert " ".join(right) in text


@needs_tesseract
def test_it_is_remembered(folder: Path) -> None:
    """A later run without the flag keeps what was read, also with --prune, and reads what has changed; --no-ocr with --prune leaves it
    out.
    """
    path = folder / "articles" / "one.png"
    path.write_bytes(picture(FIRST))
    assert build(folder).added == 2
    report = build(folder, None, prune=True)
    assert (report.unchanged, report.removed) == (2, 0)
    path.write_bytes(picture(SECOND))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert build(folder, None).updated == 1
    assert "mayor" in articles(folder)["one.png"].text
    (folder / "articles" / "other.png").write_bytes(picture(FIRST))
    report = build(folder, None)
    assert (report.added, report.other_formats) == (0, {".png": 1})
    assert build(folder, "", prune=True).removed == 1


def test_without_the_flag_a_scan_is_named(folder: Path) -> None:
    """With the flag that reads it: a scanned PDF and a picture that is named as problems, pictures in a folder in the counts."""
    save_scan(folder / "articles" / "two.pdf", [FIRST, SECOND])
    (folder / "articles" / "one.png").write_bytes(picture(FIRST))
    report = build(folder, None)
    assert report.other_formats == {".png": 1}
    assert skipped(folder) == {"two.pdf": ["no text: needs OCR (newsdex index --ocr)"]}
    named = index_paths([folder / "articles" / "one.png"], folder / "index_data", Options(model="hash"))
    assert [problem.reason for problem in named.problems] == ["a picture: newsdex index --ocr reads its text"]


@needs_tesseract
def test_hostile_pictures_cost_themselves(folder: Path) -> None:
    """One that claims to be huge, one that lies, and what is none are named; the good one between them is read."""
    home = folder / "articles"
    dots = random.Random(3)
    for name, content in {
        "claims.png": png(60_000, 60_000, [b"\xff" * 10] * 10),
        "garbage.jpg": b"\xff\xd8\xff\xe0" + b"x" * 5_000,
        "lies.png": png(7_000, 7_000, [b"\xff" * 10] * 10),
        "none.png": b"P5 10 10 255\n" + b"x" * 100,
        "torn.tiff": tiff([FIRST])[:-40],
        "wide.tif": b"II*\0\x08\0\0\0\xff\xff" + b"x" * 300,
        "noise.png": png(600, 400, [dots.randbytes(600) for _ in range(400)]),
        "empty.png": b"",
        "good.png": picture(FIRST),
    }.items():
        (home / name).write_bytes(content)
    assert build(folder).added == 2
    told = skipped(folder)
    assert told["claims.png"] == ["a picture of 60,000 x 60,000 pixels, expected at most 64,000,000 for OCR"]
    assert told["none.png"] == ["broken, or not what its name says: expected a PNG, JPEG or TIFF picture"]
    assert told["noise.png"] == ["no text: OCR found none"]
    assert told.keys() == {"claims.png", "garbage.jpg", "lies.png", "none.png", "torn.tiff", "wide.tif", "noise.png", "empty.png"}
    assert not [line for lines in told.values() for line in lines if "crashed" in line]


@needs_tesseract
def test_a_page_that_takes_too_long(folder: Path) -> None:
    """It is left out and named; so are pages beyond the limit of a file."""
    save_scan(folder / "articles" / "two.pdf", [FIRST, SECOND])
    build(folder, limits=replace(DEFAULT, page_seconds=0.001))
    assert skipped(folder)["two.pdf"] == [
        "page 1: OCR took more than 0.001 s",
        "page 2: OCR took more than 0.001 s",
        "no text: OCR found none",
    ]
    build(folder, limits=replace(DEFAULT, scan_pages=1))
    assert skipped(folder)["two.pdf"] == ["more than 1 scanned pages: page 2 is not read by OCR"]
    assert articles(folder)["two.pdf"].metadata["ocr_pages"] == "1"


def test_without_tesseract(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--ocr ends with the command that installs it, before anything is read; so it does without the data of a language."""
    monkeypatch.setattr(ocr, "LIBRARIES", ("libnothing.so.1",))
    ocr.tesseract.cache_clear()
    with pytest.raises(UsageError, match=r"which is not installed. Install it: apt-get install tesseract-ocr"):
        build(folder)
    monkeypatch.undo()
    monkeypatch.setattr(ocr, "FOLDERS", (str(folder / "nothing"),))
    with pytest.raises(UsageError, match="apt-get install tesseract-ocr"):
        build(folder)
    assert not (folder / "index_data").exists()


def test_languages_are_named_or_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of the files of their data: all of a few, English first; of many they must be named."""
    home = tmp_path / "5" / "tessdata"
    home.mkdir(parents=True)
    monkeypatch.setattr(ocr, "FOLDERS", (str(tmp_path),))
    for name in ("deu", "eng", "osd"):
        (home / f"{name}.traineddata").touch()
    assert ocr.installed() == (str(home), ["deu", "eng"])
    assert ocr.languages_of("auto") == (str(home), "eng+deu")
    assert ocr.languages_of("deu") == (str(home), "deu")
    for wanted, said in (
        ("fra", "apt-get install tesseract-ocr-fra"),
        ("../../etc", "not valid"),
        ("", "not valid"),
        ("eng+" * 20, "not valid"),
    ):
        with pytest.raises(SourceError, match=said):
            ocr.languages_of(wanted)
    for name in ("fra", "ita", "spa"):
        (home / f"{name}.traineddata").touch()
    with pytest.raises(SourceError, match=r"5 languages: name those of the scans, such as --ocr-lang eng\+deu"):
        ocr.languages_of("auto")


@needs_tesseract
def test_the_command(folder: Path) -> None:
    """--ocr finds the languages, --ocr-lang names them; a wrong one is an error with what there is."""
    (folder / "articles" / "one.png").write_bytes(picture(FIRST))

    def run(*options: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "newsdex", "index", "articles", "--model", "hash", *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert "other files: 1 .png (--ocr reads pictures)" in run()
    assert "no data for 'xyz'; it has" in run("--ocr", "--ocr-lang", "xyz", code=2)
    assert "works only together with --ocr" in run("--ocr-lang", "eng", code=2)
    assert "added 1" in run("--ocr", "--ocr-lang", "eng")
    assert "unchanged 2" in run()


@needs_tesseract
def test_the_commands_of_the_page_work(folder: Path) -> None:
    """docs/FORMATS.md: those of newsdex, on a scan, where both languages are installed."""
    [block] = re.findall(r"## Scans\n\n```sh\n(.*?)```", (DOCS / "FORMATS.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in block.splitlines() if line.startswith("newsdex")]
    assert len(lines) == 2
    if not {"eng", "deu"} <= set(ocr.installed()[1]):
        pytest.skip("needs the languages: apt-get install tesseract-ocr-eng tesseract-ocr-deu")
    (folder / "articles").rename(folder / "archive")
    (folder / "archive" / "one.png").write_bytes(picture(FIRST))
    for line in lines:
        program = f'newsdex() {{ "{sys.executable}" -m newsdex "$@" --model hash; }}; {line.partition("#")[0]}'
        done = subprocess.run(
            ["bash", "-c", program], cwd=folder, env={**os.environ, "HOME": str(folder)}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert "bridge" in articles(folder)["one.png"].text
