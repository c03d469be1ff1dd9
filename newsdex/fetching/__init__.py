"""Fetch feeds, sitemaps and pages into a folder that ``newsdex index`` and ``newsdex watch`` read; nothing else of newsdex fetches."""

from newsdex.fetching.client import Settings
from newsdex.fetching.run import Event, Report, run
from newsdex.fetching.state import add, forget, pages_of, remove, sources_of

__all__ = ["Event", "Report", "Settings", "add", "forget", "pages_of", "remove", "run", "sources_of"]
