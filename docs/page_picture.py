"""Take pictures of the page in twelve states: light and dark, on a desktop and a phone. Run after `make demo`; needs Chromium and pngquant.

.venv/bin/python docs/page_picture.py [FOLDER]

All go to FOLDER, build/pictures unless given, to be looked at; the four of docs/PAGE.md also to docs/.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).parent
QUESTION = "China support for Russia"
COLOURS = "96"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1200, "height": 780}, "device_scale_factor": 1.25}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.5, "has_touch": True, "is_mobile": True}


class State(NamedTuple):
    """What is shown: how the browser is, the address, and what is done there."""

    screen: dict[str, Any]
    scheme: str
    query: dict[str, str]
    act: Callable[[Page], None] = lambda _page: None
    kept: str = ""  # name in docs/
    path: str = ""


def open_article(page: Page) -> None:
    page.locator("ol.hits h2 a").first.click()


def open_thread(page: Page) -> None:
    page.locator("ol.hits > li").first.get_by_role("link", name="Thread").click()


def open_filters(page: Page) -> None:
    page.get_by_role("button", name="Filters", exact=True).click()


def open_tray(page: Page) -> None:
    for number in range(2):
        page.locator("button.keep").nth(number).click()
    page.click("#tray-button")


def check_quote(page: Page) -> None:
    page.click("#check-button")
    page.get_by_role("radio", name="Quotation").check()
    page.locator("dialog textarea").fill("he had raised serious concern about China's support for Russia's defense industry")
    page.click("dialog button.ask")


ASKED = {"q": QUESTION}
STATES = {
    "start": State(DESKTOP, "light", {}),
    "results": State(DESKTOP, "light", ASKED, kept="page.png"),
    "results-dark": State(DESKTOP, "dark", ASKED),
    "filtered-compact": State(
        DESKTOP,
        "dark",
        {"q": "election", "lang": "en", "since": "2024-03"},
        lambda page: page.get_by_role("button", name="Compact").click(),
    ),
    "nothing": State(DESKTOP, "light", {"q": "recipe for sourdough bread"}),
    "article": State(DESKTOP, "light", ASKED, open_article),
    "article-dark": State(DESKTOP, "dark", ASKED, open_article, "page-article-dark.png"),
    "thread": State(DESKTOP, "light", ASKED, open_thread),
    "tray": State(DESKTOP, "light", ASKED, open_tray, "page-tray.png"),
    "quotation": State(DESKTOP, "dark", {}, check_quote),
    "phone-results": State(PHONE, "light", ASKED, kept="page-phone.png"),
    "phone-filters": State(PHONE, "dark", ASKED, open_filters),
    "http": State(DESKTOP, "light", {}, path="docs"),
    "http-phone": State(PHONE, "dark", {}, path="docs"),
}


def take(browser: Browser, address: str, state: State, target: Path) -> None:
    """A picture of ``state``, in few colours so that it is small."""
    context = browser.new_context(**state.screen, color_scheme=state.scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/{state.path}?{urlencode(state.query)}")
    page.wait_for_load_state("networkidle")
    state.act(page)
    page.wait_for_timeout(1_500)  # enough for an answer, and for what fades in
    if not state.path:
        page.locator("#q").blur()
    page.screenshot(path=target)
    context.close()
    subprocess.run([shutil.which("pngquant") or "pngquant", "--force", "--ext", ".png", "--strip", COLOURS, target], check=True)


@contextmanager
def served() -> Iterator[str]:
    """The address of a server of the index."""
    command = [sys.executable, "-m", "newsdex", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=DOCS.parent, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        found = re.search(r"http://\S+", server.stderr.readline())
        assert found
        yield found[0]
        server.terminate()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS.parent / "build" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with served() as address, TemporaryDirectory() as home, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"], env={"HOME": home})
        for name, state in STATES.items():
            take(browser, address, state, folder / f"{name}.png")
            if state.kept:
                shutil.copy(folder / f"{name}.png", DOCS / state.kept)
        browser.close()


if __name__ == "__main__":
    main()
