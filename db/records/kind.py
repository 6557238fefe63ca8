"""A kind of record, declared: its tables and columns, its children, how a change is taken.

The engine knows kinds and nothing else of what it syncs. ``decide`` plans, ``write`` carries out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, Table
from sqlalchemy.orm import Session

from db.models.base import Base
from db.models.link import Link
from db.records.merge import Owner, Values
from db.records.plan import Change, Context, Row, Says, Stored, Written

C = TypeVar("C", bound=Context)
C_contra = TypeVar("C_contra", bound=Context, contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Children that a record has under ``name``, such as an order's items: written with it, and
    replaced with it. ``parent`` is the column with its row's id, ``position`` the child's place.
    """

    name: str
    model: type[Base]
    parent: str
    columns: tuple[str, ...]

    @property
    def table(self) -> Table:
        """The children's table."""
        return cast("Table", self.model.__table__)


@dataclass(frozen=True, kw_only=True)
class Ours(Generic[C]):
    """Our own row, which ``key`` of the link names: what people see and may change.

    ``begins`` are values that no source sends: those of a new row, and of one that comes back.
    ``owners`` gives who decides each column when the source's record changed (by default the
    source); ``differs`` whether our row must be written though the source's record is the same.
    """

    model: type[Base]
    key: str
    columns: tuple[str, ...]
    begins: Values = field(default_factory=dict)
    owners: Callable[[Values, Change, C], Mapping[str, Owner]] | None = None
    differs: Callable[[Values, Row, C], bool] | None = None

    @property
    def table(self) -> Table:
        """Our row's table."""
        return cast("Table", self.model.__table__)


@dataclass(frozen=True, kw_only=True)
class Overwrite:
    """A record takes the source's new values."""


@dataclass(frozen=True, kw_only=True)
class KeepFirst:
    """A record stays as it first came; its source's later values are kept in ``drifts``, beside
    it (``parent`` names its id), with a ``warning``. The members of ``opened``, a column of JSON,
    are fields of their own there.
    """

    drifts: type[Base]
    parent: str
    opened: str
    warning: str


class Prepare(Protocol[C_contra]):
    """Completes rows from other tables."""

    def __call__(
        self, session: Session, rows: Sequence[Row], context: C_contra, *, write: bool
    ) -> list[str]:
        """Returns warnings; only with ``write`` what is missing in other tables is added."""
        ...


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[C]):
    """One kind of record.

    ``link`` is the table with a row a record; ``columns`` are the values it keeps, under the same
    names save those of ``names``. ``rest`` is the one, of JSON, with the fields that have none.
    ``version`` grows when what is written changes meaning, so that
    every record is written once more. ``context`` is called once a page. ``effects`` are carried
    out with what a page did, in its transaction. ``settle`` runs once after the last page and
    returns warnings; ``tombstone`` before links are tombstoned, with the condition that names them.
    A kind that ``erases`` keeps nothing of whom its source has forgotten.

    ``newest`` is the column whose larger value is the newer version: a record with a smaller one
    than the store's changes nothing. Of equal ones, or where one is NULL, the record is taken.
    """

    link: type[Link]
    version: int
    columns: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    rest: str | None = None
    parts: tuple[Part, ...] = ()
    ours: Ours[C] | None = None
    change: Overwrite | KeepFirst = Overwrite()
    context: Callable[[Session, Context], C] = lambda _, context: cast("C", context)
    prepare: Prepare[C] | None = None
    effects: Callable[[Session, Written, C], None] | None = None
    settle: Callable[[Session, C], list[str]] | None = None
    tombstone: Callable[[Session, C, ColumnElement[bool]], None] | None = None
    erases: bool = False
    newest: str | None = None

    @property
    def table(self) -> Table:
        """The link's table."""
        return cast("Table", self.link.__table__)

    @property
    def key(self) -> str:
        """The link's column with the id of the record's row: our own, or the link itself."""
        return self.ours.key if self.ours else "id"

    def column(self, name: str) -> str:
        """The link's column that keeps the value called ``name``."""
        return self.names.get(name, name)

    def says(self, row: Row) -> Says:
        """A record's values, to be compared with the stored ones."""
        lines = (
            [tuple(map(line.get, part.columns)) for line in row.lines(part.name)]
            for part in self.parts
        )
        return (*map(row.values.get, self.columns), *lines)

    def version_of(self, stored: Stored) -> Any:
        """The ``newest`` that the store has."""
        return None if self.newest is None else stored.says[self.columns.index(self.newest)]

    def is_older(self, row: Row, than: Any) -> bool:
        """Whether ``row`` is of an older version than this one, which is a ``newest`` too."""
        version = None if self.newest is None else row.values.get(self.newest)
        return version is not None and than is not None and bool(version < than)

    def same(self, change: Change, context: C) -> bool:
        """Whether the record's values are the stored ones, so that nothing need be written."""
        if change.stored.says != self.says(change.row):
            return False
        differs = self.ours.differs if self.ours else None
        return differs is None or not differs(change.stored.ours, change.row, context)


AnyKind = Kind[Any]
