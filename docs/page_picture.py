"""Take docs/page.png, a picture of the page. Run after `make demo`; needs Chromium, and pngquant to make it small.

.venv/bin/python docs/page_picture.py
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

QUESTION = "China support for Russia"
COLOURS = "96"


def main() -> None:
    target = Path(__file__).parent / "page.png"
    command = [sys.executable, "-m", "newsdex", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=target.parent.parent, stderr=subprocess.PIPE, text=True) as server, TemporaryDirectory() as home:
        assert server.stderr
        found = re.search(r"http://\S+", server.stderr.readline())
        assert found
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"], env={"HOME": home})
            page = browser.new_page(viewport={"width": 1200, "height": 780}, device_scale_factor=1.25)
            page.goto(f"{found[0]}/?q={QUESTION}")
            page.wait_for_load_state("networkidle")
            page.locator("#q").blur()
            page.screenshot(path=target)
            browser.close()
        server.terminate()
    subprocess.run([shutil.which("pngquant") or "pngquant", "--force", "--ext", ".png", "--strip", COLOURS, target], check=True)


if __name__ == "__main__":
    main()
