"""Vendors graded by the contract of their family: the suites of the tests, run beside us."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import Literal

from core.errors import ConfigurationError, RefusedError
from core.settings import ROOT
from syncs.views.shapes import Shape

CONTRACTS = ROOT / "tests" / "contracts"
PROGRAM = "tests.contracts.grade"
ENDINGS = (0, 1)
"""How pytest ends when it has run what it was asked for."""

Outcome = Literal["not tried", "not offered", "passed", "failed"]
"""Of several tests of one check the last of these words counts. Not tried: the vendor's stand-in
cannot show it; not offered: the vendor has no such thing, and says so.
"""
OUTCOMES: Sequence[Outcome] = ("not tried", "not offered", "passed", "failed")


class Check(Shape):
    """One promise of a family; ``why`` it is not kept."""

    check: str
    outcome: Outcome
    why: str | None = None


class Grade(Shape):
    """What a vendor keeps of its family's contract; it ``passes`` with something and no failure."""

    vendor: str
    family: str
    passes: bool
    checks: list[Check]


class Step(Shape):
    """A line of the program: a vendor's ``checks`` and how many ``tests`` they are, or one test."""

    vendor: str
    family: str
    checks: list[str] | None = None
    tests: int = 0
    check: str = ""
    outcome: Outcome = "not tried"
    why: str | None = None


def vendors() -> dict[str, str]:
    """The test modules of the vendors that have one, by name.

    Raises ``ConfigurationError`` where there are no tests.
    """
    if not CONTRACTS.is_dir() or find_spec("pytest") is None:
        raise ConfigurationError(
            "The contract suites are tests, which are not part of an installation: grade in a "
            "checkout, after 'make .venv/.dev'."
        )
    modules = sorted(CONTRACTS.glob("*/test_*.py"))
    return {path.stem.removeprefix("test_"): str(path) for path in modules}


def live(name: str, family: str) -> list[str]:
    """The arguments that have the configured connector ``name`` graded, by reads alone.

    Raises ``RefusedError`` for a family without such a part.
    """
    module = CONTRACTS / family / "live.py"
    if not module.is_file():
        raise RefusedError(f"{name} cannot be graded: the {family} have no contract yet.")
    return [str(module), "--connector", name]


def run(arguments: Iterable[str], draw: Callable[[int, int], object]) -> list[Grade]:
    """The grades that the suites give; ``draw`` takes how many tests are done, and of how many.

    Raises ``RefusedError`` when the suites cannot be run.
    """
    command = [sys.executable, "-m", PROGRAM, *arguments]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, encoding="utf-8"
        ) as program,
    ):
        assert program.stdout is not None
        grades = read(program.stdout, draw)
        if program.wait() not in ENDINGS:
            said.seek(0)
            *_, last = ["nothing is said", *filter(None, map(str.strip, said))]
            raise RefusedError(f"The suites could not be run ({program.returncode}): {last}")
    return grades


def read(lines: Iterable[str], draw: Callable[[int, int], object]) -> list[Grade]:
    """The grades that the program's lines come to, by family and vendor."""
    checks: dict[tuple[str, str], dict[str, Check]] = {}
    due = done = 0
    for step in map(Step.model_validate_json, lines):
        mine = checks.setdefault((step.family, step.vendor), {})
        if step.checks is not None:
            mine |= {name: Check(check=name, outcome="not tried") for name in step.checks}
            due += step.tests
        else:
            made = Check(check=step.check, outcome=step.outcome, why=step.why)
            mine[step.check] = max(mine.get(step.check, made), made, key=_weight)
            done += 1
        draw(done, due)
    return [_grade(*who, [*mine.values()]) for who, mine in sorted(checks.items())]


def _grade(family: str, vendor: str, checks: list[Check]) -> Grade:
    outcomes = {each.outcome for each in checks}
    passes = "passed" in outcomes and "failed" not in outcomes
    return Grade(vendor=vendor, family=family, passes=passes, checks=checks)


def _weight(check: Check) -> int:
    return OUTCOMES.index(check.outcome)
