"""The guide's shop and tills, on a store that does not wait for its disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import QueuePool, event

from db.session import engine
from tests.syncs.conftest import b2b
from tests.syncs.sales.conftest import other_till, the_ledger_holds, till

__all__ = ["b2b", "other_till", "quick", "the_ledger_holds", "till"]


@pytest.fixture
def quick(store) -> Iterator[None]:
    """A store for thousands of transactions: SQLite waits for no disk (nor do the tests'
    PostgreSQL; what a power cut leaves is proven elsewhere), and PostgreSQL's connections are kept.
    """
    made = engine()
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _do_not_wait)
    else:
        # Twenty at once is more than are kept, each new one costs more than a batch, and nobody
        # ends them here.
        assert isinstance(made.pool, QueuePool)
        made.pool._pool.maxsize, made.pool._pre_ping = 25, False
    yield
    if made.dialect.name == "sqlite":
        event.remove(made, "connect", _do_not_wait)
    else:
        made.pool._pre_ping = True


def _do_not_wait(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
