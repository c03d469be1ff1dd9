"""OCR by the system's Tesseract (https://tesseract-ocr.github.io), as a library in the confined parser; no program is started."""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from newsdex.errors import SourceError, UsageError
from newsdex.indexer.readers.document import document, joined_pages
from newsdex.indexer.source import Source
from newsdex.records import Article

AUTO = "auto"
# Where common systems install the data; a parser may read only these folders.
FOLDERS = ("/usr/share/tesseract-ocr", "/usr/share/tessdata", "/usr/share/tesseract", "/usr/local/share/tessdata")
LIBRARIES = ("libtesseract.so.5", "libtesseract.so.4")
_SUFFIX = ".traineddata"
_NO_LANGUAGES = ("osd", "equ")  # Tesseract data that is not for a language
_MOST_FOUND = 4  # languages used by default; each takes time
_MOST_NAMED = 10
_NAMES = re.compile(r"[A-Za-z]\w{1,30}(?:/\w{1,30})?(?:\+[A-Za-z]\w{1,30}(?:/\w{1,30})?)*", re.ASCII)
_UNSURE = 40  # per cent: with less confidence, a page is a photograph
DPI = 300  # resolution at which pages are rendered
_GRAY = 1  # bytes per pixel
_SILENT = 6  # L_SEVERITY_NONE of leptonica
# From leptonica's imageio.h: JPEG, PNG and the forms of TIFF
_KINDS = {2, 3, *range(4, 11)}
_TIFFS = range(4, 11)
_BROKEN = "broken: its picture cannot be read"
_COLUMNS = 3  # PSM_AUTO of Tesseract: columns are found; the library's own default reads across them
INSTALL = "apt-get install tesseract-ocr"


class Page(NamedTuple):
    """The text of a page, and Tesseract's confidence in each word, in per cent."""

    text: str
    sure: list[int]


def check(languages: str) -> None:
    """Raise UsageError unless Tesseract is installed with data for ``languages``: AUTO, or names such as "eng+deu"."""
    try:
        tesseract()
        languages_of(languages)
    except SourceError as error:
        raise UsageError(f"--ocr: {error.reason}") from error


def installed() -> tuple[str, list[str]]:
    """Return the folder of language data and its languages; empty if there is none."""
    for folder in FOLDERS:
        for path in (Path(folder), *sorted(Path(folder).glob("*/tessdata"), reverse=True), Path(folder, "tessdata")):
            if names := sorted(data.name.removesuffix(_SUFFIX) for data in path.glob(f"*{_SUFFIX}")):
                return str(path), [name for name in names if name not in _NO_LANGUAGES]
    return "", []


def sureness(pages: Sequence[Page]) -> int:
    """Return the mean confidence in all words, in per cent; 0 without words."""
    words = [sure for page in pages for sure in page.sure]
    return round(sum(words) / len(words)) if words else 0


def told(pages: Sequence[Page]) -> dict[str, str]:
    """Return the metadata of an article whose ``pages`` were read by OCR."""
    read = [page for page in pages if page.text]
    return {"ocr_pages": str(len(read)), "ocr_confidence": str(sureness(read))} if read else {}


def read(source: Source) -> Iterator[Article | SourceError]:
    """Read a picture of text, PNG or JPEG, or TIFF with several; each is a page of the article."""
    if not source.reading.ocr:
        raise SourceError("a picture: newsdex index --ocr reads its text")
    pages: list[Page] = []
    problems: list[SourceError] = []
    for number, page in enumerate(read_pictures(source), 1):
        if isinstance(page, SourceError):
            problems.append(SourceError(f"page {number}: {page.reason}", lost=False) if number > 1 or not page.lost else page)
            pages.append(Page("", []))
        else:
            pages.append(page)
    if not any(page.text for page in pages):
        raise problems[0] if problems else SourceError("no text: OCR found none")
    yield from problems
    text, starts = joined_pages([page.text for page in pages])
    yield document(source, text, title="", author="", made=None, language="", pages=starts, more=told(pages))


def read_pixels(pixels: ctypes.Array[ctypes.c_ubyte], width: int, height: int, stride: int, dpi: float, source: Source) -> Page:
    """Return the text of a page of gray ``pixels``, with ``stride`` bytes per line. Raises SourceError after too long a time."""
    library, handle = _engine(source.reading.ocr)
    library.TessBaseAPISetImage(handle, ctypes.cast(pixels, ctypes.c_char_p), width, height, _GRAY, stride)
    library.TessBaseAPISetSourceResolution(handle, round(dpi))
    return _recognised(library, handle, source)


def read_pictures(source: Source) -> Iterator[Page | SourceError]:
    """Yield the text of each picture in a PNG, JPEG or TIFF file. Raises SourceError for another or too large a file."""
    content, pictures, pages = source.content(), _pictures(), source.limits.scan_pages
    size = ctypes.c_size_t(len(content))
    kind = ctypes.c_int()
    if pictures.findFileFormatBuffer(content, ctypes.byref(kind)) or kind.value not in _KINDS:
        raise SourceError("broken, or not what its name says: expected a PNG, JPEG or TIFF picture")
    if kind.value not in _TIFFS:
        _, wide, high, *_ = numbers = [ctypes.c_int() for _ in range(6)]
        if pictures.pixReadHeaderMem(content, size, *map(ctypes.byref, numbers)):
            raise SourceError(_BROKEN)
        _check_pixels(wide.value, high.value, source)
        yield _read(pictures, pictures.pixReadMem(content, size), source)
        return
    offset, page = ctypes.c_size_t(0), 0
    while True:
        if page == pages:
            yield SourceError(f"more than {pages} pages: the others are not read by OCR", lost=False)
            return
        wide, high, *_ = numbers = [ctypes.c_int() for _ in range(7)]
        if pictures.readHeaderMemTiff(content, size, page, *map(ctypes.byref, numbers)):
            raise SourceError(_BROKEN)
        _check_pixels(wide.value, high.value, source)
        yield _read(pictures, pictures.pixReadMemFromMultipageTiff(content, size, ctypes.byref(offset)), source)
        page += 1
        if not offset.value:
            return


def _read(pictures: ctypes.CDLL, picture: int | None, source: Source) -> Page | SourceError:
    """Return the text of a picture loaded by leptonica, and free the picture."""
    if not picture:
        return SourceError(_BROKEN)
    try:
        library, handle = _engine(source.reading.ocr)
        library.TessBaseAPISetImage2(handle, picture)
        return _recognised(library, handle, source)
    except SourceError as error:
        return error
    finally:
        pictures.pixDestroy(ctypes.byref(ctypes.c_void_p(picture)))


def _check_pixels(width: int, height: int, source: Source) -> None:
    most = source.limits.scan_pixels
    if width <= 0 or height <= 0 or width * height > most:
        raise SourceError(f"a picture of {width:,} x {height:,} pixels, expected at most {most:,} for OCR")


def _recognised(library: ctypes.CDLL, handle: int, source: Source) -> Page:
    source.alive()
    began, most = time.monotonic(), source.limits.page_seconds
    monitor = library.TessMonitorCreate()
    try:
        library.TessMonitorSetDeadlineMSecs(monitor, round(1000 * most))
        failed = library.TessBaseAPIRecognize(handle, monitor)
        if time.monotonic() - began >= most:
            raise SourceError(f"OCR took more than {most:g} s", lost=False)
        if failed:
            return Page("", [])
        with _taken(library.TessBaseAPIGetUTF8Text(handle), library.TessDeleteText) as written:
            text = ctypes.string_at(written).decode("utf-8", "replace") if written else ""
        with _taken(library.TessBaseAPIAllWordConfidences(handle), library.TessDeleteIntArray) as numbers:
            sure = list(_numbers(numbers)) if numbers else []
    finally:
        library.TessMonitorDelete(monitor)
        library.TessBaseAPIClear(handle)
        source.alive()
    page = Page(text.strip(), sure)
    return page if sureness([page]) >= _UNSURE else Page("", [])


def _numbers(array: int) -> Iterator[int]:
    """Yield the numbers at an address up to -1."""
    values = ctypes.cast(array, ctypes.POINTER(ctypes.c_int))
    return takewhile(lambda number: number >= 0, map(values.__getitem__, count()))


@contextmanager
def _taken(address: int | None, free: ctypes._NamedFuncPointer) -> Iterator[int | None]:
    try:
        yield address
    finally:
        if address:
            free(ctypes.c_void_p(address))


def languages_of(wanted: str) -> tuple[str, str]:
    """Return the folder of the data, and the names of the ``wanted`` languages. Raises SourceError."""
    folder, there = installed()
    if not there:
        raise SourceError(f"Tesseract has no language data. Install it: {INSTALL}", passing=True)
    if wanted != AUTO:
        names = wanted.split("+")
        if not _NAMES.fullmatch(wanted[:400]) or len(names) > _MOST_NAMED:
            raise SourceError(f"the languages {wanted[:80]!r} are not valid: expected names such as eng+deu")
        lacking = [name for name in names if not (Path(folder) / f"{name}{_SUFFIX}").is_file()]
        if lacking:
            have = ", ".join(there)
            raise SourceError(
                f"Tesseract has no data for {lacking[0]!r}; it has {have}. Install it: apt-get install tesseract-ocr-{lacking[0]}",
                passing=True,
            )
        return folder, wanted
    if len(there) > _MOST_FOUND:
        raise SourceError(
            f"Tesseract has data of {len(there)} languages: name those of the scans, such as --ocr-lang eng+deu", passing=True
        )
    return folder, "+".join(sorted(there, key=lambda name: (name != "eng", name)))


@lru_cache(maxsize=2)
def _engine(languages: str) -> tuple[ctypes.CDLL, int]:
    """Return the library, and a recogniser for ``languages``. Raises SourceError."""
    library = tesseract()
    folder, names = languages_of(languages)
    handle = library.TessBaseAPICreate()
    if library.TessBaseAPIInit3(handle, folder.encode(), names.encode()):
        raise SourceError(f"Tesseract cannot be started with {names}. Install it again: {INSTALL}", passing=True)
    library.TessBaseAPISetPageSegMode(handle, _COLUMNS)
    return library, handle


@lru_cache(maxsize=1)
def tesseract() -> ctypes.CDLL:
    address, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    created = ("TessBaseAPICreate", "TessMonitorCreate", "TessBaseAPIGetUTF8Text", "TessBaseAPIAllWordConfidences")
    arguments = {
        "TessBaseAPIInit3": (address, text, text),
        "TessBaseAPISetPageSegMode": (address, whole),
        "TessBaseAPISetImage": (address, text, whole, whole, whole, whole),
        "TessBaseAPISetImage2": (address, address),
        "TessBaseAPISetSourceResolution": (address, whole),
        "TessBaseAPIRecognize": (address, address),
        "TessBaseAPIGetUTF8Text": (address,),
        "TessBaseAPIAllWordConfidences": (address,),
        "TessBaseAPIClear": (address,),
        "TessMonitorSetDeadlineMSecs": (address, whole),
        "TessMonitorDelete": (address,),
    }
    return _loaded(LIBRARIES, created, arguments)


@lru_cache(maxsize=1)
def _pictures() -> ctypes.CDLL:
    content, size, number = ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)
    arguments = {
        "findFileFormatBuffer": (content, number),
        "pixReadHeaderMem": (content, size, *[number] * 6),
        "readHeaderMemTiff": (content, size, ctypes.c_int, *[number] * 7),
        "pixReadMem": (content, size),
        "pixReadMemFromMultipageTiff": (content, size, ctypes.POINTER(size)),
        "pixDestroy": (ctypes.POINTER(ctypes.c_void_p),),
    }
    library = _loaded(("libleptonica.so.6", "liblept.so.5"), ("pixReadMem", "pixReadMemFromMultipageTiff"), arguments)
    library.setMsgSeverity(_SILENT)
    return library


def _loaded(names: Sequence[str], created: Sequence[str], arguments: Mapping[str, Sequence[Any]]) -> ctypes.CDLL:
    """Return the first library that is there, with the types of ``arguments`` of its functions; those ``created`` return addresses."""
    for name in names:
        with suppress(OSError):
            library = ctypes.CDLL(name)
            for function in created:
                getattr(library, function).restype = ctypes.c_void_p
            for function, kinds in arguments.items():
                getattr(library, function).argtypes = kinds
            return library
    raise SourceError(f"OCR needs Tesseract, which is not installed. Install it: {INSTALL}", passing=True)
