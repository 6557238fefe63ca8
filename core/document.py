"""JSON in Python's types: what a codec gave or will write, whose members nobody has checked."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
JsonList = list[Any]
