"""``python -m newsdex``: the command line."""

from newsdex.cli import run_main

if __name__ == "__main__":
    run_main()
