"""The version of what is running, as ``pyproject.toml`` has it."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


@cache
def version() -> str:
    """Like ``0.1.0``; ``unknown`` where the project file was not delivered."""
    try:
        return str(tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"])
    except OSError:
        return "unknown"
