"""Sessions: ``reading()`` and ``writing()``, each one transaction at the edge of a unit of work;
``glancing()`` for a single read.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.settings import settings

if TYPE_CHECKING:
    import psycopg

WRITES = "moulin_writes"
PATIENCE = 30.0
"""Seconds a writer waits for its turn on SQLite."""
LONGEST_STANDSTILL = "SET idle_in_transaction_session_timeout = '30s'"
"""Of a transaction on PostgreSQL. Whoever froze in one holds locks that all others wait for; its
batch or run is somebody else's a minute later, who would wait for it for ever.
"""

LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that was not given in time."""

NO_SYNC = {"synchronize_session": False}
"""Of an UPDATE or DELETE: what the session has read already need not follow."""

_ENGINES: dict[str, Engine] = {}
"""This process's engines by address; a second one only ever in tests."""


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads: plain BEGIN, rolled back at its end."""
    with Session(engine(), autoflush=False) as session:
        yield session


@contextmanager
def glancing() -> Iterator[Session]:
    """A session for one statement that reads. On PostgreSQL it runs alone: a transaction around
    it would go to the server and back twice more.
    """
    store = engine()
    if store.dialect.name == "postgresql":
        store = store.execution_options(isolation_level="AUTOCOMMIT")
    with Session(store, autoflush=False) as session:
        yield session


@contextmanager
def writing(*, patience: float | None = None) -> Iterator[Session]:
    """One transaction that writes: committed at the end, rolled back by any exception.

    ``patience`` is how many seconds it waits for its turn, on PostgreSQL for each row that somebody
    else holds; 0: now or an ``OperationalError`` that ``is_busy``.
    """
    turn = PATIENCE if patience is None else patience
    writer = engine().execution_options(**{WRITES: turn})
    with Session(writer, autoflush=False) as session, session.begin():
        if patience is not None and session.get_bind().dialect.name == "postgresql":
            # No time at all would be for ever there.
            limit = max(1, round(patience * 1000))
            session.execute(text(f"SET LOCAL lock_timeout = '{limit}ms'"))
        yield session


def is_busy(error: DBAPIError) -> bool:
    """Whether somebody else writes and a writer's patience was at its end; nothing is broken."""
    if isinstance(error.orig, sqlite3.Error):
        # An error that SQLite itself did not raise has no code.
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE


def engine() -> Engine:
    """The store's engine, made on first use for the settings of this moment."""
    url = settings().database_url
    existing = _ENGINES.get(url)
    # No lock, which a fork could leave locked for ever: of two made at once one is thrown away.
    return existing if existing is not None else _ENGINES.setdefault(url, _make(url))


def dispose(*, close: bool = True) -> None:
    """Forget the engine; after a fork with ``close=False``, for the parent uses its sockets."""
    for made in _ENGINES.values():
        made.dispose(close=close)
    _ENGINES.clear()


def _make(url: str) -> Engine:
    if url.startswith("sqlite"):
        return _sqlite(url)
    # A statement's values belong in no error: errors are stored, logged and displayed.
    made = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=20,
        hide_parameters=True,
        # A host that is gone closes nothing: half a minute later its locks are free, and so are we.
        connect_args={
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 25_000,
        },
    )
    event.listen(made, "connect", _bound)
    return made


def _bound(connection: psycopg.Connection[tuple[object, ...]], _record: object) -> None:
    # Not by the address's ``options``: a pooler refuses those, and somebody may have given others.
    connection.execute(LONGEST_STANDSTILL)
    connection.commit()


def _sqlite(url: str) -> Engine:
    made = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": PATIENCE},
        hide_parameters=True,
    )
    if made.url.database and made.url.database != ":memory:":
        Path(made.url.database).absolute().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: "begin" below does.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    patience = connection.get_execution_options().get(WRITES)
    if patience is None:
        connection.exec_driver_sql("BEGIN")
        return
    _begin_immediate(connection, patience)


_BEGIN = "BEGIN IMMEDIATE"


def _begin_immediate(connection: Connection, patience: float) -> None:
    """Take the writer's place by short jittered tries, for ``patience`` seconds.

    SQLite's own busy handler sleeps longer and longer, so that a patient writer starves beside a
    busy one: accepting a batch beside a page writer took 137 times the median at p99.
    """
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    deadline = time.monotonic() + patience
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while not _is_begun(raw, last=time.monotonic() > deadline):
            time.sleep(random.uniform(0.0005, 0.004))  # noqa: S311, jitter is no secret
    except sqlite3.OperationalError as error:
        # As SQLAlchemy raises it elsewhere: this is beneath what it wraps.
        raise DBAPIError.instance(
            _BEGIN, None, error, sqlite3.Error, dialect=connection.dialect
        ) from error
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")


def _is_begun(raw: sqlite3.Connection, *, last: bool) -> bool:
    """Whether nobody else writes now; on the ``last`` try that somebody does is an error."""
    try:
        raw.execute(_BEGIN)
    except sqlite3.OperationalError as error:
        if last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
