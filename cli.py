#!/usr/bin/env python3
"""Launcher for a checkout: ``python cli.py search "China support for Russia"``, without an install."""

import sys

try:
    from newsdex.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"cli.py: {error}. Install what newsdex needs first: make install, then .venv/bin/python cli.py ...")

if __name__ == "__main__":
    sys.exit(main())
