"""What a page of records does to the store: who looks, what is planned, what came out.

``compare`` of a target makes a ``Plan`` without writing (a dry run stops there), ``apply``
carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy.orm import Session

from db.models.catalogue import ExternalCategory, ExternalProduct
from db.shops import Sites

AnyLink = ExternalCategory | ExternalProduct


@dataclass(frozen=True, kw_only=True)
class Sight:
    """The run that looks at a source, the database's time at which it does, and our shops."""

    source: str
    run_id: int
    now: datetime
    sites: Sites
    stock_mode: str = "delta"


class Row(Protocol):
    """A record mapped to columns; ``external_id`` is the source's key.

    ``digest`` is over the payload as it came, ``hash`` over what would be written.
    """

    external_id: str
    digest: str
    hash: str


R = TypeVar("R", bound=Row)


class Known(NamedTuple):
    """The link of a record the store knows, as far as comparing needs it; ``gone``: a tombstone."""

    external_id: str
    id: int
    target_id: int
    hash: str | None
    digest: str | None
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
    """What a page would do. ``unchanged`` links are touched; ``resent`` ones get a new digest."""

    created: list[R] = field(default_factory=list)
    updated: list[Change[R]] = field(default_factory=list)
    unchanged: list[Known] = field(default_factory=list)
    resent: list[Change[R]] = field(default_factory=list)
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
        self.duplicates += other.duplicates
        self.warnings += other.warnings


Compare = Callable[[Session, Sequence[R], Mapping[str, Known], Sight], Plan[R]]


@dataclass(frozen=True)
class Target(Generic[R]):
    """Where the rows of a sync go.

    ``compare`` may write what a row needs beneath it (a placeholder); ``preview`` never writes.
    ``settle`` runs once after the last page and returns warnings; ``bury`` runs before the links
    that the run has not seen are tombstoned. ``version`` grows when what is written changes
    meaning, so that every record is written once more.
    """

    link: type[AnyLink]
    version: int
    compare: Compare[R]
    preview: Compare[R]
    apply: Callable[[Session, Plan[R], Sight], None]
    settle: Callable[[Session, Sight], list[str]] | None = None
    bury: Callable[[Session, Sight], None] | None = None


def plan_page(rows: Sequence[R], known: Mapping[str, Known], sight: Sight) -> Plan[R]:
    """Sort ``rows`` into new, changed and unchanged; of rows with one key the last one counts."""
    plan: Plan[R] = Plan()
    last = {row.external_id: row for row in rows}
    plan.duplicates = len(rows) - len(last)
    for key, row in last.items():
        link = known.get(key)
        if link is None:
            plan.created.append(row)
            continue
        again = link.seen_run == sight.run_id
        plan.duplicates += again
        if link.hash != row.hash or link.gone:
            plan.updated.append(Change(row, link, again))
            continue
        if link.digest != row.digest:
            plan.resent.append(Change(row, link, again))
        if not again:
            plan.unchanged.append(link)
    return plan
