"""The values of a page on its way into the store: the run, the records, the plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from db.records.merge import Merged, Values

Says = tuple[Any, ...]
"""The values of a record in the order of its kind's columns, then the lines of each part."""

OUTSIDE = 0
"""Instead of a run's id."""

NOTHING: Values = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Context:
    """The run that reads a source, at the database's time, with its options. ``run_id`` is 0 for
    records that came outside of any run: what runs have seen stays.

    A kind that needs more, such as our shops, builds its own from it once a page.
    """

    source: str
    run_id: int
    now: datetime
    options: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def in_run(self) -> bool:
        """Whether a run reads them."""
        return self.run_id != OUTSIDE

    @property
    def world(self) -> str:
        """Changes whenever what the same payload becomes may have changed."""
        return ""

    @property
    def by_letters(self) -> bool:
        """Whether a record that came again to the letter is unchanged, whatever is in the store."""
        return True


@dataclass(slots=True)
class Row:
    """A record mapped to columns; ``values`` of JSON columns are JSON texts with ordered keys.

    ``external_id`` is the source's key. ``hash`` names the version of the code that reads the
    record, the context's ``world`` and the payload's digest (``1.<world>.<digest>``); the digest
    is empty when there was none to take.

    ``absent`` are the columns and parts of which the record says nothing: here they have what a
    new record begins with. ``names`` are those of all its fields; ``unread`` those whose value
    fits no column, so that it is kept as received and the column is empty. ``gone``: the record
    says that it is deleted; of its values only the kind's ``newest`` is read.
    """

    external_id: str
    values: dict[str, Any]
    parts: Mapping[str, Sequence[Values]] | None = None
    hash: str = ""
    absent: frozenset[str] = frozenset()
    names: Collection[str] = ()
    unread: tuple[str, ...] = ()
    gone: bool = False

    def lines(self, part: str) -> Sequence[Values]:
        """The record's children of this name."""
        return self.parts.get(part, ()) if self.parts else ()


class Known(NamedTuple):
    """The link of a record the store knows; ``gone``: a tombstone. ``target_id`` is our row's id,
    or its own when the link is the row.
    """

    external_id: str
    id: int
    target_id: int
    hash: str | None
    seen_run: int | None
    gone: bool


class Stored(NamedTuple):
    """What the store has of a known record: the source's last values, our own row when there is
    one, and the digests of what was kept beside it as drifts.
    """

    says: Says
    ours: Values = NOTHING
    noted: Collection[str] = ()


class Change(NamedTuple):
    """A record that the store knows, and what the store has of it.

    ``again``: met before in this run. It is written once more, for the last one wins, but it was
    counted.
    """

    row: Row
    link: Known
    stored: Stored
    again: bool = False


@dataclass(slots=True)
class Plan:
    """What a page would do. ``unchanged`` links are touched; ``resent`` ones, whose values are the
    same in another payload, get a new hash. ``drifted`` ones, which are among the unchanged, have
    other values than the store, which keeps its own. ``gone`` ones say that they are deleted;
    ``absent`` counts those that the store does not have. ``older`` are the keys of records whose
    newer version is in the store.
    """

    created: list[Row] = field(default_factory=list)
    updated: list[Change] = field(default_factory=list)
    unchanged: list[Known] = field(default_factory=list)
    resent: list[Change] = field(default_factory=list)
    drifted: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    absent: int = 0
    duplicates: int = 0
    warnings: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Created + updated + unchanged + duplicate is the number of rows that were compared, but
        for those that say that they are deleted: they are deleted, or unchanged when they were.
        """
        return {
            "created": len(self.created),
            "updated": sum(not change.again for change in self.updated),
            "unchanged": len(self.unchanged) + len(self.older) + self.absent,
            "deleted": len(self.gone),
            "duplicate": self.duplicates,
        }

    def add(self, other: Plan) -> None:
        """Take in what another plan did."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.resent += other.resent
        self.drifted += other.drifted
        self.gone += other.gone
        self.older += other.older
        self.absent += other.absent
        self.duplicates += other.duplicates
        self.warnings += other.warnings


class Update(NamedTuple):
    """A record that was written over: what our own row (if there is one) was, and what it became
    when both sides were merged.
    """

    change: Change
    before: Values
    merged: Merged


class Written(NamedTuple):
    """What a page did: new records with the ids of their rows, and those that changed."""

    created: Sequence[tuple[int, Row]]
    updated: Sequence[Update]
