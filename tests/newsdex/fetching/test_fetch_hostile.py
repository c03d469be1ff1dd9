"""A thousand pages from hosts of which most pages are hostile, in a run that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hostile_web import Answer, Web, article, bomb, feed, item, page, raw, redirect, serving

from newsdex import Options, index_paths
from newsdex.fetching import add, pages_of

HOSTS = 8
PAGES = 1_000
KILLED_AT = 500  # requests
RUN = """
import sys
from pathlib import Path
from newsdex.fetching import Settings, run
run(Path(sys.argv[1]), Settings(rate=1000.0, tries=(0.1,), seconds=2.0, size=1_000_000, allow_private=True))
"""


def busy_once(body: bytes) -> Answer:
    """A page that asks to wait a second before it comes."""
    asked: list[int] = []

    def answer(connection: Any, headers: Any) -> None:
        asked.append(1)
        (page(b"", "429 Too Many Requests", Retry_After="1") if len(asked) == 1 else page(body))(connection, headers)

    return answer


def answer_of(number: int, web: Web, packed: Answer) -> tuple[Answer, str]:
    """What a page answers, and why it fails; empty where it is an article."""
    good = article(f"Ferry {number}")
    return {
        0: (page(good), ""),
        1: (web.slow_headers(), "did not finish within 2 s"),
        2: (page(article("Überfahrt").decode().encode("cp1252"), kind="text/html; charset=utf-8"), ""),
        3: (web.flooding(), "larger than 1,000,000 bytes"),
        4: (busy_once(good), ""),
        5: (raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999\r\n\r\n" + good), "broke off after"),
        6: (redirect(f"/{number}"), "redirect loop"),
        7: (packed, "larger than 1,000,000 bytes"),
        8: (page(good), ""),
        9: (web.dripping(), "did not finish within 2 s"),
    }[number % 10]


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_a_thousand_pages_of_hostile_hosts(tmp_path: Path) -> None:
    """Killed in the middle and run again, each article is there, each page that fails is named with the reason, nothing but what was on its
    way is asked for once more, and the memory stays bounded.
    """
    expected: dict[str, str] = {}
    with serving(host="0.0.0.0") as web:
        packed = bomb(100)
        for number in range(PAGES):
            web.answers[f"/{number}"], expected[f"/{number}"] = answer_of(number, web, packed)
        for host in range(HOSTS):
            mine = [item(web.url(f"/{number}", f"127.0.0.{host + 1}")) for number in range(PAGES) if number // 10 % HOSTS == host]
            web.answers[f"/{host}.rss"] = page(feed(*mine), kind="application/rss+xml")
            add(tmp_path / "f", [web.url(f"/{host}.rss", f"127.0.0.{host + 1}")])
        going = subprocess.Popen([sys.executable, "-c", RUN, tmp_path / "f"])

        def strike(_: str) -> None:
            if len(web.asked) == KILLED_AT:
                going.kill()

        web.on_request = strike
        assert going.wait(600) == -9
        kept = {page.url for page in pages_of(tmp_path / "f") if page.checked}
        before = Counter(path for path, _ in web.asked)
        again = subprocess.Popen([sys.executable, "-c", RUN, tmp_path / "f"])
        _, status, usage = os.wait4(again.pid, 0)
        again.returncode = os.waitstatus_to_exitcode(status)
        assert again.returncode == 0
    pages = pages_of(tmp_path / "f")
    assert len(pages) == PAGES
    for each in pages:
        why = expected["/" + each.url.rpartition("/")[2]]
        assert (why in each.failed, bool(each.failed)) == (True, bool(why)), each
        assert bool(each.file) is not bool(why)
    counts = Counter(path for path, _ in web.asked)
    assert all(counts["/" + url.rpartition("/")[2]] == before["/" + url.rpartition("/")[2]] for url in kept)
    assert len(kept) > KILLED_AT // 4
    assert usage.ru_maxrss < 500_000  # kB
    report = index_paths([tmp_path / "f"], tmp_path / "index_data", Options("hash"))
    assert (report.added, report.skipped) == (sum(not why for why in expected.values()), 0)
