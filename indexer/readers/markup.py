"""Parses HTML and XML to trees and text with lxml, for all formats based on them. libxml2 silently drops what is beyond its limits. They
are raised here, and a document beyond them is parsed again without the elements that nest.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import byte_order_mark, decode, is_utf8

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement as _HtmlElement

# For all who read trees; the library is imported when the first file needs it.
Element: TypeAlias = "_Element"
HtmlElement: TypeAlias = "_HtmlElement"

_CHARSET = re.compile(rb"""<(?:meta[^>]*?|\?xml[^>]*?en)c(?:harset|oding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
DECLARATION = re.compile(rb"\A\s*<\?xml\s[^<>]*\?>")  # of XML
_CHARSET_WITHIN = 4096  # bytes; the HTML standard looks at 1024, but pages put it later
# What browsers read where a page names these (the Encoding Standard, https://encoding.spec.whatwg.org/#names-and-labels)
_READ_AS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}
# What no XML can hold, and lxml therefore takes from nobody who copies a text: control characters, and two that are none
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\v\f"))
_SPACES = bytes.maketrans(b"\v\f", b"  ")
_TO_CHANGE = [bytes([character]) for character in (*_CONTROLS, *b"\v\f")]
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
# A tag with an inline picture, or with so many attributes that libxml2 takes quadratic time.
_LARGE = 1 << 16  # bytes
_LARGE_TAG = re.compile(rb"<([a-zA-Z][a-zA-Z0-9:-]*)\s[^<>]{%d,}>" % _LARGE)
_NESTING = re.compile(
    rb"</?(?:div|span|font|center|b|i|em|strong|u|small|big|ul|ol|li|dl|dd|blockquote|table|tbody|tr|td|section)\b[^<>]*>", re.IGNORECASE
)
_BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "menu", "nav",
    "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul",
])  # fmt: skip
_SILENT = frozenset(["script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "select", "textarea", "button"])
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_BLOCK = r"(?:p|div|h[1-6]|ul|ol|li|table|tr|td|blockquote|pre|figure|figcaption|section|article)"
_TAG = re.compile(r"<([a-zA-Z][\w:-]*)")
# A text that begins with a tag, and has a block that ends with its line or before a tag, or a break
_WHOLLY = re.compile(rf"\s*<[a-zA-Z!][^<>]*>(?s:.*)(?:\S</{_BLOCK}\s*>[^\S\n]*(?:[<\n]|\Z)|[^\s(\"'`]<br\b)", re.IGNORECASE)
# A break or paragraph right after a sentence, or a sentence and a block that end with the text
_PARTLY = re.compile(
    rf"[.!?][\"\u201d\u2019)]?(?:<(?:br|p)\b[^<>]*>|(?:</\w+\s*>\s*)*</{_BLOCK}\s*>\s*\Z)",
    re.IGNORECASE,
)
# Markdown: a fence, a heading, indented code
_MARKDOWN = re.compile(r"```|^#{1,6} \S|^[^\S\n]*\n(?: {4}|\t)[^\S\n]*[^\s<]", re.MULTILINE)
# Line ends that HTML would lose, and indented code that is HTML
_LINES = re.compile(r"[^\s>][^\S\n]*\n[^\s<]|^[^\S\n]*\n(?: {4}|\t)", re.MULTILINE)
_PARAGRAPH = re.compile(r"<p\b", re.IGNORECASE)
_CLOSED = re.compile(rf"</({_BLOCK[3:-1]}|a|b|em|i|iframe|script|span|strong)\s*>")
_BREAK = re.compile(r"<br\s*/?>")
_BREAKS = 2
_ANY_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
# HTML that begins with a tag with an attribute, that ends within one, or that is written with references
_TAGGED = re.compile(r'\s*<[a-zA-Z][a-zA-Z0-9]*\s[^<>="]*="')
_CUT_TAG = re.compile(r'<[a-zA-Z][a-zA-Z0-9]*\s[^<>="]*="[^<>]*\Z')
_ESCAPED = "&lt;"
# The least share of the text between tags that is shown; scripts and styles are not.
_VISIBLE = 0.5


def page_in_utf8(content: bytes, charset: str = "") -> bytes:
    """Return an HTML or XML document in UTF-8, mostly unchanged. The encoding is that of its byte order mark, UTF-8 if valid, ``charset``
    (from its transport), the declared one, or detected. Raises SourceError when it is not text.
    """
    if byte_order_mark(content)[0]:
        return decode(content).encode("utf-8", "replace")
    # UTF-8 beyond ASCII is no coincidence, whatever a page declares.
    zeros = b"\0" in content and content.count(b"\0") * 100 > len(content)
    if not content.isascii() and not zeros and is_utf8(content):
        return content
    return _decoded(content, charset).encode("utf-8", "replace")


def _decoded(content: bytes, charset: str) -> str:
    declared = _CHARSET.search(content[:_CHARSET_WITHIN])
    for label in (charset, declared[1].decode("ascii", "replace") if declared else ""):
        try:
            name = codecs.lookup(label).name if label else ""
        except (LookupError, ValueError):  # the latter of a zero byte
            continue
        # The label was readable as ASCII, so the page is not UTF-16.
        if name and not name.startswith(("utf", "idna", "punycode")):
            try:
                return content.decode(_READ_AS.get(name, name), "replace")
            except (LookupError, ValueError):  # a Python codec that is not for text
                continue
    return decode(content)


def parse_page(text: str | bytes) -> tuple[HtmlElement | None, bool]:
    """Return the tree of an HTML document, as text or in UTF-8, None without an element, and whether too deep nesting was removed."""
    content = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if _has_large_tag(content):
        content = _LARGE_TAG.sub(rb"<\1>", content)
    tree, whole = _parse(content)
    return (tree, False) if whole else (_parse(_NESTING.sub(b"\n", content))[0], True)


def _has_large_tag(content: bytes) -> bool:
    """Return quickly whether there may be a tag of ``_LARGE`` bytes: it fills one of the pieces of half that size."""
    half = _LARGE // 2
    return any(
        content.find(b"<", at, at + half) < 0 and content.find(b">", at, at + half) < 0 for at in range(0, len(content) - half + 1, half)
    )


def _parse(content: bytes) -> tuple[HtmlElement | None, bool]:
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )
    # One class for all elements: lxml.html's lookup of a class per element, for forms, takes longer than parsing.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement))
    if any(character in content for character in _TO_CHANGE):
        content = content.translate(_SPACES, _CONTROLS)
    for no_character in _NO_CHARACTERS:
        content = content.replace(no_character, b"")
    try:
        tree = lxml_html.document_fromstring(content, parser=parser)
    except etree.ParserError:  # no element
        tree = None
    limited = parser.error_log.filter_from_fatals()
    return tree, all(entry.type_name != "ERR_RESOURCE_LIMIT" for entry in limited)


def parse_xml(content: bytes) -> Element:
    """Return the root of an XML document, without resolving entities or loading anything. Raises SourceError when it is invalid."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"broken XML: {error}") from error


def text_of(root: Element) -> str:
    """Return all visible text below ``root``, with a blank line between blocks."""
    pieces = "".join(_pieces(root))
    lines = re.sub(r"[^\S\n\v\f]+", " ", pieces)
    lines = re.sub(r" ?\v ?", "\n", lines)
    return "\n\n".join(filter(None, map(str.strip, lines.split("\f"))))


def _pieces(root: Element) -> Iterator[str]:
    r"""Yield the text with white space collapsed, ``\f`` at the borders of blocks and ``\v`` at line ends, without recursion."""
    from lxml import etree

    hidden = 0
    preformatted = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = local_name(element)
        silent = name in _SILENT
        if event == "start":
            hidden += silent
            preformatted += name == "pre"
            if not hidden:
                if name in _BLOCKS:
                    yield "\f"
                yield from _written(element.text, preformatted > 0)
        else:
            preformatted -= name == "pre"
            if not hidden:
                yield "\f" if name in _BLOCKS else "\v" if name == "br" else ""
            hidden -= silent
            if not hidden and element is not root:
                yield from _written(element.tail, preformatted > 0)


def _written(text: str | None, preformatted: bool) -> Iterator[str]:
    if text:
        yield re.sub(r"\r?\n", "\v", text) if preformatted else re.sub(r"\s+", " ", text)


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace, in lower case; "" for other nodes, such as entities."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def text_of_html(written: str | bytes) -> str:
    r"""Return the text of a piece of HTML, such as the content of a feed's entry, or of a page in UTF-8.

    >>> text_of_html("Talks <b>go</b> on.<p>The minister<br>said so.")
    'Talks go on.\n\nThe minister\nsaid so.'
    """
    tree, _ = parse_page(written)
    return "" if tree is None else text_of(tree)


def text_of_fragment(written: str) -> str:
    r"""Return the text of HTML that may stand for its paragraphs with blank lines, as editors of web sites let it.

    >>> text_of_fragment("Talks <b>go</b> on.\n\nThe minister said so.")
    'Talks go on.\n\nThe minister said so.'
    """
    return text_of_html(written if _PARAGRAPH.search(written) else re.sub(r"\n\s*\n", "<p>", written))


def text_of_body(written: str) -> str:
    r"""Return the text that a page gives to search engines: plain, with a paragraph a line, or HTML, which may be written with references.

    >>> text_of_body("Talks go on.\nThe <b>minister</b> said so."), text_of_body("Never put a &lt;script&gt; tag there.")
    ('Talks go on.\n\nThe minister said so.', 'Never put a <script> tag there.')
    """
    plain = html.unescape(written)
    marked = next(filter(_is_marked_up, (written, plain)), "")
    if not marked:
        return plain
    text = text_of_html(marked if _PARAGRAPH.search(marked) else marked.replace("\n", "<p>"))
    # A tag that never ends hides what follows
    visible = _ANY_TAG.sub("", marked)
    return text if len(text) > _VISIBLE * len(visible) else html.unescape(visible)


def text_of_summary(written: str) -> str:
    """Return the text of a summary as feeds have it: plain or HTML, which may be written with references, or cut off within a tag.

    >>> text_of_summary('&lt;a href="https://example.com/a"&gt;Talks go on&lt;/a&gt;&amp;nbsp;'), text_of_summary('Talks <a href="http')
    ('Talks go on', 'Talks')
    """
    plain = _CUT_TAG.sub("", html.unescape(written) if _ESCAPED in written else written)
    return (text_of_fragment(plain) if _TAGGED.match(plain) else text_of_body(plain)).strip()


def _is_marked_up(text: str) -> bool:
    """Whether a text has an element that is closed, or several breaks: HTML has them, and prose about tags has not."""
    return any(f"<{name}" in text for name in set(_CLOSED.findall(text))) or len(_BREAK.findall(text)) >= _BREAKS


def text_of_field(written: str) -> str:
    """Return the text of a field that may be plain or HTML. What is not certainly HTML, such as prose about tags, stays as it is.

    >>> text_of_field("<p>Talks go &amp; go.</p>"), text_of_field("a < b: <b> is a tag, and <p> and </p> are &amp; were.")
    ('Talks go & go.', 'a < b: <b> is a tag, and <p> and </p> are &amp; were.')
    """
    return text_of_fragment(written) if _is_html(written) else written


def _is_html(written: str) -> bool:
    first = _TAG.search(written)
    if first is None:
        return False
    from lxml.html.defs import tags

    # <alice> is who speaks.
    if first[1].lower() not in tags | _BLOCKS | {"picture"}:
        return False
    if written.startswith("<div>") and written.endswith("</div>"):
        return True
    is_partly = _PARTLY.search(written) and not _LINES.search(written)
    return bool((is_partly or _WHOLLY.match(written)) and not _MARKDOWN.search(written))


def unescaped(text: str) -> str:
    """Return ``text`` with character references decoded that end with a semicolon: ``&copy=`` is in many addresses."""
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
