"""What a page of records does to the store: who looks, what is planned, what came out.

``compare`` of a target makes a ``Plan`` without writing (a dry run stops there), ``apply``
carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from db.models.catalogue import ExternalCategory, ExternalProduct

AnyLink = ExternalCategory | ExternalProduct


@dataclass(frozen=True, kw_only=True)
class Sight:
    """The run that looks at a source, and the database's time at which it does."""

    source: str
    run_id: int
    now: datetime
    site_id: str | None = None
    stock_mode: str = "delta"


class Row(Protocol):
    """A record mapped to columns; ``external_id`` is the source's key."""

    @property
    def external_id(self) -> str:
        """The source's own name for the record."""


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class New(Generic[R]):
    """A record the store does not know yet."""

    row: R
    hash: str


@dataclass(frozen=True, slots=True)
class Known:
    """The link of a record the store knows, as far as comparing needs it."""

    id: int
    target_id: int
    hash: str | None
    seen_run: int | None
    gone: bool
    status: str
    upstream_stock: int = 0


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """A record whose content differs from what the store last wrote."""

    row: R
    hash: str
    link: Known
    again: bool = False
    """Met before in this run: written once more, for the last one wins, but counted once."""


@dataclass(slots=True)
class Plan(Generic[R]):
    """What a page would do."""

    created: list[New[R]] = field(default_factory=list)
    updated: list[Change[R]] = field(default_factory=list)
    unchanged: list[Known] = field(default_factory=list)
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


@dataclass(frozen=True)
class Target(Generic[R]):
    """Where the rows of a sync go.

    ``compare`` may write what a row needs beneath it (a placeholder); ``preview`` never writes.
    ``settle`` runs once after the last page and returns warnings; ``bury`` runs before the links
    that the run has not seen are tombstoned.
    """

    link: type[AnyLink]
    compare: Callable[[Session, Sequence[R], Sight], Plan[R]]
    apply: Callable[[Session, Plan[R], Sight], None]
    preview: Callable[[Session, Sequence[R], Sight], Plan[R]]
    settle: Callable[[Session, Sight], list[str]] | None = None
    bury: Callable[[Session, Sight], None] | None = None


def plan_page(
    rows: Sequence[R], known: dict[str, Known], hashes: Callable[[R], str], sight: Sight
) -> Plan[R]:
    """Sort ``rows`` into new, changed and unchanged; of rows with one key the last one counts."""
    plan: Plan[R] = Plan()
    last = {row.external_id: row for row in rows}
    plan.duplicates = len(rows) - len(last)
    for key, row in last.items():
        link, content = known.get(key), hashes(row)
        if link is None:
            plan.created.append(New(row, content))
            continue
        again = link.seen_run == sight.run_id
        plan.duplicates += again
        if link.hash != content or link.gone:
            plan.updated.append(Change(row, content, link, again))
        elif not again:
            plan.unchanged.append(link)
    return plan
