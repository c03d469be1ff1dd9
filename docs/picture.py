"""Draw docs/answer.svg: what `search "China support for Russia"` prints in a terminal. Run after `make demo`.

.venv/bin/python docs/picture.py
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COMMAND = ["search", "-n", "2", "China support for Russia"]
COLUMNS = 84
# rich's own frame without the web font that it would load from elsewhere.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
"""


def main() -> None:
    here = Path(__file__).parent
    program = Path(sys.executable).parent / COMMAND[0]
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    printed = subprocess.run(
        [program, "--color", "always", *COMMAND[1:]], cwd=here.parent, env=environment, check=True, capture_output=True, text=True
    ).stdout
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f'\x1b[1m$ {COMMAND[0]} -n 2 "{COMMAND[-1]}"\x1b[0m\n{printed.rstrip()}'))
    svg = console.export_svg(title="newsdex", theme=MONOKAI, code_format=FRAME, unique_id="newsdex")
    (here / "answer.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
