"""A worker of acts, and slices that are soon over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncs.acts.bulk import slices
from syncs.acts.bulk.verbs import VERBS
from tests.syncs.acts.made import Worker


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of three rows."""
    verbs = {name: replace(verb, at_once=min(verb.at_once, 3)) for name, verb in VERBS.items()}
    monkeypatch.setattr(slices, "VERBS", verbs)
