"""Every sealed column, and how its values come under the newest encryption key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import crypto
from core.errors import MoulinError
from db.models import Base, load
from db.models.sealed import is_sealed, marks
from db.session import NO_SYNC

Column = InstrumentedAttribute[object]

AT_ONCE = 50
"""Values one transaction seals anew: a batch of sales may have two million characters, and
whoever writes meanwhile waits for it.
"""


@dataclass(frozen=True)
class Batch:
    """How many values were sealed anew, and which could not be opened and why, by their ids."""

    changed: int
    lost: list[tuple[int, str]]


def columns() -> list[Column]:
    """Every column that its model declares as sealed, in the order of their names."""
    load()
    return sorted(
        (
            getattr(mapper.class_, attribute.key)
            for mapper in Base.registry.mappers
            for attribute in mapper.column_attrs
            if is_sealed(attribute.columns[0])
        ),
        key=name,
    )


def name(column: Column) -> str:
    """``api_keys.sealed``."""
    return f"{column.class_.__tablename__}.{column.key}"


def count(session: Session, column: Column) -> int:
    """How many sealed values the column holds."""
    return session.scalar(select(func.count(column))) or 0


def stale(
    session: Session, column: Column, *, after: int = 0, limit: int = AT_ONCE
) -> list[tuple[int, str]]:
    """Up to ``limit`` values of ``column`` that are not under the newest key, with their ids, which
    are above ``after``. It may read the whole table: not in a transaction that writes.
    """
    ident, newest = column.class_.id, f"{crypto.key_ids()[0]}:"
    rows = session.execute(
        select(ident, column)
        # Of a long value PostgreSQL fetches no more than its beginning.
        .where(ident > after, func.substr(column, 1, len(newest)) != newest)
        .order_by(ident)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def reseal(session: Session, column: Column, values: Sequence[tuple[int, str]]) -> Batch:
    """Seal these ``stale`` values under the newest key, and mark with it those that are kept in
    the clear (``SEAL_PERSONAL_DATA=false``). Safe to repeat, and to stop in between.
    """
    changed, lost = 0, list[tuple[int, str]]()
    for ident, kept in values:
        try:
            news = _renewed(column, kept)
        except MoulinError as error:
            # One value whose key is gone must not keep all others under an old key.
            lost.append((ident, str(error)))
            continue
        changed += _replace(session, column, ident, kept, news)
    return Batch(changed, lost)


def _renewed(column: Column, kept: str) -> dict[Column, str | None]:
    """What becomes of a value that is not under the newest key, and of its mark."""
    sealed = crypto.is_sealed(kept)
    fresh = crypto.reseal(kept) if sealed else None
    news: dict[Column, str | None] = {} if fresh is None else {column: fresh}
    for marking, make in _marks(column):
        news[marking] = make(crypto.unseal(kept) if sealed else kept)
    return news


def _marks(column: Column) -> list[tuple[Column, Callable[[str | None], str | None]]]:
    """The marks of the column's values, which are under a key too: made anew with their value."""
    return [
        (getattr(column.class_, key), mark.make)
        for key, mark in marks(column.class_.__table__)
        if mark.column == column.key
    ]


def _replace(
    session: Session, column: Column, ident: int, kept: str, news: Mapping[Column, str | None]
) -> int:
    """How many rows changed: what is up to date already does not count."""
    try:
        with session.begin_nested() if _marks(column) else nullcontext():
            return _update(session, column, ident, kept, news)
    except IntegrityError:
        # A drift that was noted once more where the newest key was not held yet: the mark is taken.
        return _update(session, column, ident, kept, {column: news[column]})


def _update(
    session: Session, column: Column, ident: int, kept: str, news: Mapping[Column, str | None]
) -> int:
    if not news:
        return 0
    result = session.execute(
        update(column.class_)
        # Only if it is still what was opened: a run may have replaced it this instant.
        .where(column.class_.id == ident, column == kept)
        .where(or_(*(each.is_distinct_from(value) for each, value in news.items())))
        .values(news),
        execution_options=NO_SYNC,
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult
