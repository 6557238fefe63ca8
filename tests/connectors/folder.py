"""A folder of connectors, for a process that reads it: Square's stand-in, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import core.settings
from sandbox import square
from syncs import shared

TOKEN = "SQUARE_TOKEN"


def square_at(url: str, **more: object) -> dict[str, Any]:
    """The mapping of a connector to the stand-in at ``url``."""
    return {
        "vendor": "square",
        "api": {"base_url": url},
        "auth": {"method": "bearer", "token": f"${{{TOKEN}}}"},
        "connection": {"retry_delay": 0},
        **more,
    }


def configure(monkeypatch: pytest.MonkeyPatch, folder: Path, **connectors: object) -> None:
    """These connectors in ``pos.yaml``, and no others; a folder is read once."""
    folder.mkdir(parents=True)
    (folder / "pos.yaml").write_text(json.dumps(connectors), "utf-8")
    monkeypatch.setenv("CONNECTORS_DIR", str(folder))
    monkeypatch.setenv(TOKEN, square.DEMO_TOKEN)
    core.settings.reset()


def forget_process() -> None:
    """Store what was noted of calls, and begin as another process would."""
    shared.audit().flush()
    for part in (shared.limiter, shared.breaker, shared.audit, shared._shared):
        part.cache_clear()
