"""PDF, read by pypdfium2. Offsets count in the text of all pages, with a blank line between pages, or a line end within a sentence.
Hyphenated words are joined, and running lines read once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from itertools import chain, takewhile
from typing import TYPE_CHECKING

from newsdex.errors import SourceError
from newsdex.indexer.readers import ocr
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.document import document, joined_pages
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.readers.plain import is_above_headline
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_PASSWORD = 4  # FPDF_ERR_PASSWORD in fpdfview.h
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?\s*(?:(Z)|([+-]\d\d)'?(\d\d)?)?.*", re.DOTALL)
# A hyphen at the end of a line, for which PDFium also has U+FFFE or 2, and the letter after it.
_DIVIDED = re.compile(r"[\ufffe\x02]\r?\n?(?=(.?))|(?<=\w)[\u2010\u00ad-]\r?\n(?=([^\W\d_]))")
_UNSEEN = re.compile(r"[\0-\x08\x0e-\x1f\u00ad\ufffe\uffff]")
_LONGEST_PROGRAM = 1_000  # characters read of the name of a program
_LOOK = 3000  # characters of a page searched for a heading
_LONGEST_FONT = 200  # bytes read of the name of a font
_BOLD = re.compile("bold|black|heavy|demi|BX[0-9]", re.IGNORECASE)
_LARGER = 1.15  # least font size of a heading, relative to the text
_SHORTEST_HEADING = 5  # letters
_LONGEST_HEADING = 200
_POINTS = 72  # points per inch
_NEEDS_OCR = "needs OCR (newsdex index --ocr)"
# Programs of scanners and of OCR, which make a file of what was printed long before.
_SCANNERS = re.compile(
    r"scan(?!d)|\bocr|tesseract|finereader|omnipage|paper ?capture|paperport|readiris|kofax|luradocument|leadtools|internet archive|naps2"
    r"|img2pdf|office lens|xerox|bizhub|konica minolta|\b(?:ricoh|canon|kyocera|sharp mx)\b|digital sending",
    re.IGNORECASE,
)
_INVISIBLE = 3  # FPDF_TEXTRENDERMODE_INVISIBLE in fpdf_edit.h: text of OCR below a picture
_COVERS = 3  # pages of which the first with text and a picture shows whether a document is a scan
_MOST_PAGES = 100_000  # more pages are declared only by a broken file
_FEW = 10  # letters per page below which a document with pictures is a scan


def read(source: Source) -> Iterator[Article | SourceError]:
    pdf, by_ocr = _opened(source.content()), bool(source.reading.ocr)
    with closing(pdf):
        written: list[str] = []
        scanned: list[ocr.Page] = []
        unread = yield from _pages(pdf, source, written, scanned)
        text, pages = joined_pages(written)
        if almost_empty := len(text) < _FEW * len(pdf):
            pictures = _has_pictures(pdf, range(min(len(pdf), 3)))
            if not text.strip():
                raise SourceError("no text" if not pictures else "no text: OCR found none" if by_ocr else f"no text: {_NEEDS_OCR}")
            if pictures and not by_ocr:
                yield SourceError(f"almost no text on {len(pdf)} pages, which are pictures: {_NEEDS_OCR}", lost=False)
        elif unread:
            others = f" and {len(unread) - 1} more are pictures" if len(unread) > 1 else " is a picture"
            yield SourceError(f"page {unread[0]}{others} without text: {_NEEDS_OCR}", lost=False)
        told = {key.lower(): without_surrogates(" ".join(value.split())) for key, value in pdf.get_metadata_dict().items() if value}
        heading = _heading(pdf)
        language = _language(pdf)
        # The day of a scan is the scanner's.
        scan = 2 * len(scanned) >= len(pdf) or almost_empty or _is_scan(pdf, f"{told.get('producer', '')} {told.get('creator', '')}")
        made = None if scan else _published(told.get("creationdate", ""))
    yield document(
        source,
        text,
        title=told.get("title", ""),
        heading=heading,
        author=told.get("author", ""),
        made=made,
        language=language,
        pages=pages,
        more=ocr.told(scanned),
    )


def _pages(pdf: PdfDocument, source: Source, written: list[str], scanned: list[ocr.Page]) -> Generator[SourceError, None, list[int]]:
    """Append each page's text to ``written``, OCR's pages to ``scanned``. Return the numbers, from 1, of pictures without text."""
    import pypdfium2

    unread: list[int] = []
    for number in range(len(pdf)):
        try:
            written.append(_page(pdf, number))
            if len(written[-1]) >= _FEW or not _has_pictures(pdf, range(number, number + 1)):
                continue
            if not source.reading.ocr:
                unread.append(number + 1)
            elif len(scanned) == (most := source.limits.scan_pages):
                yield SourceError(f"more than {most} scanned pages: page {number + 1} is not read by OCR", lost=False)
            else:
                scanned.append(_recognised(pdf, number, source))
                written[-1] = scanned[-1].text or written[-1]
        except pypdfium2.PdfiumError:
            yield SourceError(f"page {number + 1} is broken; indexed without it", lost=False)
            written += [""] * (number + 1 - len(written))
        except SourceError as error:
            if error.lost:
                raise
            yield SourceError(f"page {number + 1}: {error.reason}", lost=False)
    return unread


def _opened(content: bytes) -> PdfDocument:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise SourceError("encrypted: it needs a password") from error
        raise SourceError("broken: PDFium cannot open it") from error
    if (pages := len(document)) > _MOST_PAGES:
        document.close()
        raise SourceError(f"broken, or too large: {pages} pages, expected at most {_MOST_PAGES}")
    return document


def _page(document: PdfDocument, number: int) -> str:
    with closing(document[number]) as page, closing(page.get_textpage()) as layer:
        try:
            written = without_surrogates(layer.get_text_range())
        except RecursionError:  # pypdfium2 recurses for each character without a position
            written = without_surrogates(layer.get_text_bounded())
    whole = _UNSEEN.sub("", _DIVIDED.sub(_joined, written))
    return "\n".join(map(str.strip, whole.split("\n"))).strip()


def _joined(divided: re.Match[str]) -> str:
    """Return "" where a printer hyphenated a word, which goes on in lower case; else the hyphen."""
    return "" if (divided[1] or divided[2] or "").islower() else "-"


def _heading(document: PdfDocument) -> str:
    """Return the text with the largest font on the first page, if clearly larger than the usual one of the first two pages: a cover has
    little else. Otherwise the first lines, if they are in bold and the rest is not.
    """
    pages = [_characters(document, number) for number in range(min(len(document), 2))]
    pages[:1] = map(_from_headline, pages[:1])
    letters = [each for page in pages for each in page if each[0].isalnum()]
    if not letters:
        return ""
    [(usual, _)], [(main, _)] = (Counter(values).most_common(1) for values in list(zip(*letters, strict=True))[1:])
    sizes = Counter(size for character, size, _ in pages[0] if character.isalnum())
    largest = max((size for size, times in sizes.items() if times >= _SHORTEST_HEADING), default=0.0)
    if largest >= usual * _LARGER:
        line = "".join(character for character, size, _ in pages[0] if size == largest or character.isspace())
    else:
        bold = next((font for character, _, font in pages[0] if character.isalnum()), main)
        line = "".join(character for character, *_ in takewhile(lambda each: each[0].isspace() or each[2] == bold, pages[0]))
        whole = line.rstrip()
        if bold == main or not _BOLD.search(bold) or whole.endswith(".") or "\n" not in line[len(whole) :]:
            return ""
    heading = " ".join(_DIVIDED.sub(_joined, re.split(r"\s*(?:\r?\n\s*){3,}", line.strip())[0]).split())
    return _UNSEEN.sub("", without_surrogates(heading)) if _SHORTEST_HEADING <= len(heading) <= _LONGEST_HEADING else ""


def _from_headline(page: list[tuple[str, float, str]]) -> list[tuple[str, float, str]]:
    """Return the characters of a page without its lines that only say what kind of text it is; the ends of these lines stay."""
    left: list[tuple[str, float, str]] = []
    place = 0
    for line in "".join(character for character, *_ in page).split("\n"):
        end, is_kind = place + len(line) + 1, is_above_headline(line.strip())
        left += (each for each in page[place:end] if each[0].isspace() or not is_kind)
        place = end
    return left


def _characters(document: PdfDocument, number: int) -> list[tuple[str, float, str]]:
    """Return the first characters of a page, each with the size and the name of its font; none of a broken page."""
    from ctypes import c_int, create_string_buffer

    from pypdfium2 import PdfiumError
    from pypdfium2.raw import FPDFText_GetFontInfo, FPDFText_GetFontSize, FPDFText_GetUnicode

    name, flags, found = create_string_buffer(_LONGEST_FONT), c_int(), list[tuple[str, float, str]]()
    with suppress(PdfiumError), closing(document[number]) as page, closing(page.get_textpage()) as layer:
        for place in range(min(layer.count_chars(), _LOOK)):
            known = 0 < FPDFText_GetFontInfo(layer, place, name, _LONGEST_FONT, flags) <= _LONGEST_FONT
            font = name.value.decode(errors="replace") if known else ""
            found.append((chr(FPDFText_GetUnicode(layer, place)), round(FPDFText_GetFontSize(layer, place), 1), font))
    return found


def _language(document: PdfDocument) -> str:
    from ctypes import c_ushort

    from pypdfium2 import raw

    size = raw.FPDFCatalog_GetLanguage(document, None, 0)  # in bytes, of UTF-16
    letters = (c_ushort * (size // 2 + 1))()
    raw.FPDFCatalog_GetLanguage(document, letters, size)
    return code_of(bytes(letters).decode("utf-16-le", "ignore").rstrip("\0"))


def _has_pictures(document: PdfDocument, pages: range) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return any(next(document[number].get_objects([FPDF_PAGEOBJ_IMAGE]), None) is not None for number in pages)


def _is_scan(document: PdfDocument, programs: str) -> bool:
    """Return whether a document is the picture of an older one: a scanner's program made it, or its text lies invisibly below a picture."""
    from pypdfium2 import PdfiumError
    from pypdfium2.raw import FPDF_PAGEOBJ_TEXT, FPDFTextObj_GetTextRenderMode

    if _SCANNERS.search(programs[:_LONGEST_PROGRAM]):
        return True
    for number in range(min(len(document), _COVERS)):
        with suppress(PdfiumError):  # a broken page
            texts = document[number].get_objects([FPDF_PAGEOBJ_TEXT])
            if (first := next(texts, None)) is not None and _has_pictures(document, range(number, number + 1)):
                return all(FPDFTextObj_GetTextRenderMode(text) == _INVISIBLE for text in chain([first], texts))
    return False


def _recognised(document: PdfDocument, number: int, source: Source) -> ocr.Page:
    """Read a page by OCR. Raises SourceError, and PdfiumError if the page cannot be rendered."""
    with closing(document[number]) as page:
        width, height = page.get_size()
        scale = min(ocr.DPI / _POINTS, (source.limits.scan_pixels / max(width * height, 1.0)) ** 0.5)
        if min(width, height) * scale < 1:
            raise SourceError("too narrow for OCR", lost=False)
        with closing(page.render(scale=scale, grayscale=True)) as drawn:
            read = ocr.read_pixels(drawn.buffer, drawn.width, drawn.height, drawn.stride, scale * _POINTS, source)
    return read._replace(text=_DIVIDED.sub(_joined, read.text))


def _published(written: str) -> Published | None:
    """Parse the date of creation (ISO 32000-1, 7.9.4)."""
    found = _DATE.fullmatch(written)
    if found is None:
        return parse_published(written, "document properties") if written else None
    year, month, day, hour, minute, second, utc, hours, minutes = found.groups()
    date = "-".join(filter(None, (year, month, day)))
    if day and hour:
        zone = "+00:00" if utc else f"{hours}:{minutes or '00'}" if hours else ""
        date += f"T{hour}:{minute}:{second or '00'}{zone}"
    return parse_published(date, "document properties")
