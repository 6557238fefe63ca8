"""The suite's two stages: what happens in the tests' own process, and what starts others of ours.

``make quick`` runs the first. A test of it that starts a process of ours fails, so that whoever
writes one marks it: ``pytestmark = pytest.mark.processes``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PROCESSES = ("faults", "test_installing.py", "processes", "e2e", "bench", "test_chromium.py")
"""Folders and modules of the second stage, those with the longest tests first."""
STARTERS = {"process", "web", "lonely"}
"""Fixtures that start processes of ours, for tests that stand elsewhere."""
OURS = Path(sys.executable).parent

_now_running: list[pytest.Item] = []


def arrange(items: list[pytest.Item]) -> None:
    """Mark the second stage; the longest tests come first, both stages side by side."""
    for item in items:
        if _place(item) in PROCESSES or STARTERS & set(getattr(item, "fixturenames", ())):
            item.add_marker("processes")
        if _place(item) == "faults":
            item.add_marker("faults")
    items.sort(key=_length, reverse=True)
    waiting = [item for item in items if item.get_closest_marker("processes")]
    working = [item for item in items if not item.get_closest_marker("processes")]
    items[:] = side_by_side(waiting, working)


def side_by_side(
    waiting: Sequence[pytest.Item], working: Sequence[pytest.Item]
) -> list[pytest.Item]:
    """All of them: some that work after each that mostly waits for others, so that processors have
    something to do; the rest of those that work at the end, which is then nobody's alone.
    """
    each = len(working) * 4 // 5 // max(1, len(waiting))
    arranged: list[pytest.Item] = []
    for place, item in enumerate(waiting):
        arranged += [item, *working[place * each : (place + 1) * each]]
    return [*arranged, *working[len(waiting) * each :]]


def _length(item: pytest.Item) -> tuple[float, int, bool]:
    """What is known of it before it runs: the time it asks for, then where it stands."""
    timeout = item.get_closest_marker("timeout")
    place = _place(item)
    return (
        float(timeout.args[0]) if timeout else 0,
        len(PROCESSES) - PROCESSES.index(place) if place in PROCESSES else 0,
        item.get_closest_marker("processes") is not None,
    )


def _place(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


def enter(item: pytest.Item) -> None:
    """From now on it is ``item`` that starts whatever is started."""
    _now_running[:] = [item]


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: the first stage starts no program of our environment."""
    if event == "subprocess.Popen" and _now_running:
        refuse(_now_running[0], Path(str(arguments[0])))


def refuse(item: pytest.Item, program: Path) -> None:
    """Raise ``AssertionError`` when ``program`` is ours and ``item`` is of the first stage."""
    is_quick = item.get_closest_marker("processes") is None
    assert not (is_quick and program.parent == OURS), f"{item.nodeid} starts {program}: {__doc__}"
