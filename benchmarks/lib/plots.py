"""A picture of the sides of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def bars(values: Mapping[str, float], own: str, label: str, form: str, path: Path, *, log: bool = False) -> None:
    """A bar a side, those that begin with ``own`` in color, each with its value in the ``form``."""
    from matplotlib.figure import Figure

    names = list(values)[::-1]
    figure = Figure(figsize=(8, 0.4 * len(names) + 1.2), layout="constrained")
    axes = figure.subplots()
    lengths = [values[name] for name in names]
    drawn = axes.barh(names, lengths, color=["#1a5fb4" if name.startswith(own) else "#9a9996" for name in names])
    axes.bar_label(drawn, [form.format(length) for length in lengths], padding=3)
    if log:
        axes.set_xscale("log")
        axes.set_xlim(0.01, 3 * max(lengths))
    else:
        axes.margins(x=0.12)
    axes.set_xlabel(label)
    figure.savefig(path)
