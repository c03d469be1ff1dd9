"""OpenVINO without its telemetry: nothing that newsdex reads or does is told to anybody.

Whenever it is imported it forks a process that tells Google Analytics, unless its module for that is missing.
"""

from __future__ import annotations

import sys

_TELEMETRY = "openvino_telemetry"
_there = _TELEMETRY in sys.modules
if not _there:
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # an import of it fails, and OpenVINO's stand-in is taken, which sends nothing

import openvino  # noqa: E402
from openvino import opset15 as op  # noqa: E402

if not _there:
    del sys.modules[_TELEMETRY]

__all__ = ["op", "openvino"]
