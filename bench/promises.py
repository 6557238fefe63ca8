"""What was measured, what is promised of it, and whether the promise is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A bound. Nothing is promised in seconds, for every machine is another, but what a page may
    pay for waking syncs.
    """

    at_least: float | None = None
    at_most: float | None = None

    def kept(self, value: float) -> bool:
        """Whether ``value`` is within."""
        least, most = self.at_least, self.at_most
        return (least is None or value >= least) and (most is None or value <= most)

    def __str__(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_least is None else f"≥ {self.at_least:g}"


PROMISES: Mapping[str, Promise] = {
    "first/bare": Promise(at_least=0.5),
    "unchanged/bare": Promise(at_least=0.7),
    "tickets first/bare": Promise(at_least=0.5),
    "tickets' growth": Promise(at_most=30.0),
    "first/fetched alone": Promise(at_least=0.9),
    "growth": Promise(at_most=30.0),
    "sqlite: sales/loop": Promise(at_least=4.0),
    "postgresql: sales/loop": Promise(at_least=5.0),
    # SQLite has one writer, and a till waits for a page to end: what that costs is printed.
    "postgresql: p99/median": Promise(at_most=8.0),
    "many/few": Promise(at_most=1.3),
    # Milliseconds.
    "hook p99": Promise(at_most=5.0),
    # One hit in two hundred, which no p99 can hold: two commits, each waits for the disk.
    "hook woken": Promise(at_most=25.0),
}


@dataclass(frozen=True)
class Finding:
    """One number; ``spread`` is the lowest and highest of the rounds whose median it is."""

    what: str
    value: float
    unit: str = ""
    spread: tuple[float, float] | None = None
    promise: Promise | None = None

    @property
    def kept(self) -> bool:
        """True also where nothing is promised."""
        return self.promise is None or self.promise.kept(self.value)

    def as_json(self) -> dict[str, Any]:
        """The finding for programs."""
        found: dict[str, Any] = {"what": self.what, "value": self.value, "unit": self.unit}
        if self.spread is not None:
            found["spread"] = self.spread
        if self.promise is not None:
            found |= {"promise": str(self.promise), "kept": self.kept}
        return found


def table(findings: Sequence[Finding]) -> str:
    """The findings as aligned text, a line each."""
    widest = max(len(finding.what) for finding in findings)
    return "\n".join(_line(finding, widest) for finding in findings)


def _line(finding: Finding, widest: int) -> str:
    digits = 0 if finding.value >= 1000 else 1 if finding.unit else 2  # noqa: PLR2004, whole thousands
    value = f"{finding.value:>10,.{digits}f} {finding.unit}"
    if finding.spread is not None:
        value += "({:.2f} to {:.2f})".format(*finding.spread)
    if finding.promise is None:
        return f"  {finding.what:<{widest}}{value}"
    verdict = "kept" if finding.kept else "BROKEN"
    return f"  {finding.what:<{widest}}{value:<30} {finding.promise!s:<7} {verdict}"
