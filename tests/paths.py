"""Where the tests find what they read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
DATA = ROOT / "tests" / "data"
# Collections and tools beside a checkout; the tests that read them skip where it is missing.
SHARED = ROOT.parent / "shared"
