"""The progress bar of an indexing run."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

SLOW_RUN = """
import time
from newsdex.console import ProgressBar
from newsdex.indexer.build import Progress
with ProgressBar() as bar:
    for step in range({steps}):
        bar.show(Progress(step * 10, 200, step * 7))
        time.sleep(0.1)
"""


def printed(steps: int, *, terminal: bool) -> str:
    """What a run of so many tenths of a second writes to standard error."""
    command = [sys.executable, "-c", SLOW_RUN.format(steps=steps)]
    if not terminal:
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(command, stderr=theirs) as process:
        os.close(theirs)
        content = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            content += block
        assert process.wait() == 0
    os.close(ours)
    return content.decode()


def test_a_long_run_shows_how_far_it_is() -> None:
    """After a second: the share that is done, passages per second, and the time left, in one line."""
    shown = printed(18, terminal=True)
    assert "85%|" in shown
    assert " passages/s, 00:00 left" in shown
    assert "\n" not in shown.strip()


@pytest.mark.parametrize(
    ("steps", "terminal"), [pytest.param(5, True, id="less than a second"), pytest.param(18, False, id="not a terminal")]
)
def test_otherwise_nothing_is_shown(steps: int, terminal: bool) -> None:
    """A short run shows no bar, and neither does one whose standard error is read by a program."""
    assert not printed(steps, terminal=terminal).strip()
