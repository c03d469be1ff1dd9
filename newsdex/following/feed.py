"""An Atom feed of notices, as RFC 4287 has it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from newsdex.output import as_unicode
from newsdex.store.following import Notice, Standing

ENTRIES = 100  # the newest, that a feed has

_ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_of(path: str, names: Sequence[str], entries: Sequence[tuple[Standing, Notice]]) -> bytes:
    """The feed at ``path`` of the questions with these ``names``, with these ``entries``, the newest first. The same give the same
    bytes.
    """
    feed = ET.Element("feed", {"xmlns": _ATOM})
    _add(feed, "title", f"newsdex: {names[0]}" if len(names) == 1 else "newsdex: standing questions")
    _add(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, Path(path).as_uri()).urn)
    _add(feed, "updated", entries[0][1].told if entries else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(0)))
    _add(ET.SubElement(feed, "author"), "name", "newsdex")
    for standing, notice in entries:
        entry = ET.SubElement(feed, "entry")
        kind = "Retracted: " if notice.retracted else "Corrected: " if notice.corrected_by else "Update: " if notice.update else ""
        _add(entry, "title", f"{kind}{notice.title or notice.article_id}")
        _add(entry, "id", uuid.UUID(notice.id).urn)
        _add(entry, "updated", notice.told)
        if notice.url.startswith(("http://", "https://")):
            ET.SubElement(entry, "link", {"href": _clean(notice.url)})
        if notice.source:
            _add(ET.SubElement(entry, "author"), "name", notice.source)
        ET.SubElement(entry, "category", {"term": standing.name})
        corrected = notice.corrected_by and f"Corrected: see {notice.corrected_by}"
        _add(entry, "summary", "\n".join(filter(None, (notice.retracted, corrected, notice.answer))))
    content: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return content + b"\n"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", as_unicode(text))
