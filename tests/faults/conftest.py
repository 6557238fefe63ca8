"""Real processes on a real Redis and a real source, to be killed at the worst moment."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import b2b
from tests.faults.nemesis import Cast, raise_curtain
from tests.faults.stage import Stage, tell
from tests.servers import PostgreSQL, Redis


@pytest.fixture
def source() -> Iterator[b2b.B2B]:
    """The inventory, with 1,000 products: ten pages."""
    with b2b.serve(products=1000) as served:
        yield served


@pytest.fixture
def stage(
    store: Any,
    source: b2b.B2B,
    empty_redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Stage]:
    """The product's processes on this test's store; scheduled syncs are off unless asked for."""
    for name, value in {
        "REDIS_URL": empty_redis.url,
        "B2B_API_URL": source.url,
        "B2B_API_KEY": source.key,
        "SYNC_SCHEDULE_B2B_PRODUCTS": "",
        "SYNC_SCHEDULE_B2B_CATEGORIES": "",
        "MOULIN_DOTENV": "",
        "LOG_LEVEL": "INFO",
    }.items():
        monkeypatch.setenv(name, value)
    found = Stage(dict(os.environ), tmp_path)
    yield found
    found.end()


@pytest.fixture
def cast_of(
    stage: Stage, empty_redis: Redis, database_url: str, request: pytest.FixtureRequest
) -> Callable[..., Cast]:
    """Starts all processes of the chain on the test's store."""

    def start(*, sweeper: bool = True) -> Cast:
        server: PostgreSQL | None = None
        if database_url.startswith("postgresql"):
            server = request.getfixturevalue("postgresql_server")
        return raise_curtain(stage, empty_redis, server, sweeper=sweeper)

    return start


@pytest.fixture
def seed() -> int:
    """What the tills and the nemesis do; ``--randomly-seed`` repeats it."""
    found = random.randrange(2**32)  # noqa: S311, as above
    tell(f"seed {found}")
    return found
