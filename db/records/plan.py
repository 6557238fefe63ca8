"""What a page of records does to the store: who looks, what is planned, what came out.

``compare`` of a target makes a ``Plan`` without writing (a dry run stops there), ``apply``
carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy.orm import Session

from db.catalogue.shops import Sites
from db.models.catalogue import Tie

AnyLink = Tie


@dataclass(frozen=True, kw_only=True)
class Sight:
    """The run that looks at a source, the database's time at which it does, and our shops."""

    source: str
    run_id: int
    now: datetime
    sites: Sites
    stock_mode: str = "delta"


class Row(Protocol):
    """A record mapped to columns: ``external_id`` is the source's key, ``hash`` names the
    version of the code that reads it, our shops and the payload's digest (``1.<shops>.<digest>``);
    the digest is empty when there was none to take.
    """

    external_id: str
    hash: str


R = TypeVar("R", bound=Row)


class Known(NamedTuple):
    """The link of a record the store knows, as far as comparing needs it; ``gone``: a tombstone."""

    external_id: str
    id: int
    target_id: int
    hash: str | None
    seen_run: int | None
    gone: bool
    upstream_stock: int


class Change(NamedTuple, Generic[R]):
    """A record whose content differs from what the store last wrote.

    ``again``: met before in this run. It is written once more, for the last one wins, but it was
    counted.
    """

    row: R
    link: Known
    again: bool = False


@dataclass(slots=True)
class Plan(Generic[R]):
    """What a page would do. ``unchanged`` links are touched; ``resent`` ones, which say the same
    in other letters, get a new hash. ``drifted`` ones, which are among the unchanged, say something
    else than the store, which keeps what it has.
    """

    created: list[R] = field(default_factory=list)
    updated: list[Change[R]] = field(default_factory=list)
    unchanged: list[Known] = field(default_factory=list)
    resent: list[Change[R]] = field(default_factory=list)
    drifted: list[Change[R]] = field(default_factory=list)
    duplicates: int = 0
    warnings: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Created + updated + unchanged + duplicate is the number of rows that were compared."""
        return {
            "created": len(self.created),
            "updated": sum(not change.again for change in self.updated),
            "unchanged": len(self.unchanged),
            "duplicate": self.duplicates,
        }

    def add(self, other: Plan[R]) -> None:
        """Take in what another plan did."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.resent += other.resent
        self.drifted += other.drifted
        self.duplicates += other.duplicates
        self.warnings += other.warnings


Compare = Callable[[Session, Sequence[R], Mapping[str, Known], Sight], Plan[R]]


@dataclass(frozen=True)
class Target(Generic[R]):
    """Where the rows of a sync go.

    ``compare`` may write what a row needs beneath it (a placeholder); ``preview`` never writes.
    ``settle`` runs once after the last page and returns warnings; ``bury`` runs before the links
    that the run has not seen are tombstoned; ``forget`` runs after every complete look, when that
    is done: what is left of a record without a living link must go too. ``version`` grows when
    what is written changes meaning, so that every record is written once more.
    """

    link: type[AnyLink]
    version: int
    compare: Compare[R]
    preview: Compare[R]
    apply: Callable[[Session, Plan[R], Sight], None]
    settle: Callable[[Session, Sight], list[str]] | None = None
    bury: Callable[[Session, Sight], None] | None = None
    forget: Callable[[Session, Sight], None] | None = None


def plan_page(
    rows: Sequence[R],
    known: Mapping[str, Known],
    sight: Sight,
    written: Callable[[Sequence[Change[R]]], set[str]],
) -> Plan[R]:
    """Sort ``rows`` into new, changed and unchanged; of rows with one key the last one counts.

    ``written`` tells which of the changes say what the store last wrote, by key.
    """
    plan: Plan[R] = Plan()
    last = {row.external_id: row for row in rows}
    plan.duplicates = len(rows) - len(last)
    changes: list[Change[R]] = []
    for key, row in last.items():
        link = known.get(key)
        if link is None:
            plan.created.append(row)
        else:
            changes.append(Change(row, link, again=link.seen_run == sight.run_id))
    same = written([change for change in changes if _comparable(change)]) if changes else set()
    for change in changes:
        plan.duplicates += change.again
        if change.row.external_id not in same:
            plan.updated.append(change)
            continue
        plan.resent.append(change)
        if not change.again:
            plan.unchanged.append(change.link)
    return plan


def _comparable(change: Change[Any]) -> bool:
    """Whether equal values mean that nothing need be written: not for a tombstone, not when
    somebody asked for it, and not when the code writes otherwise than it did.
    """
    link, version = change.link, change.row.hash.partition(".")[0]
    return not link.gone and link.hash is not None and link.hash.partition(".")[0] == version
