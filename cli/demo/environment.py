"""The demo's environment: what makes this machine work, and no setting of anybody's."""

from __future__ import annotations

import os

from core.settings import Settings

FAMILIES = ("SYNC_INTERVAL_", "SYNC_SCHEDULE_", "FLOWER_", "CELERY_", "MOULIN_")


def bare() -> dict[str, str]:
    """The environment without any setting of ours, and with no ``.env`` to read."""
    names = {name.upper() for name in Settings.model_fields}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.removesuffix("_FILE") not in names and not name.startswith(FAMILIES)
    }
    return {**kept, "MOULIN_DOTENV": ""}


def become(environment: dict[str, str]) -> None:
    """Make ``environment`` this process's own, before anything reads a setting."""
    os.environ.clear()
    os.environ.update(environment)
