"""What all processes share: one pause, one breaker, one table of calls."""

from __future__ import annotations

import pytest

from connectors import errors
from connectors.config import parse
from connectors.http import auth
from core import settings
from db.session import reading
from syncs import shared
from syncs.views.calls import recent
from tests.connectors.asking import KEY, status
from tests.connectors.source import serving

PARTS = (shared.limiter, shared.breaker, shared.audit, shared._shared)


@pytest.fixture
def anew():
    """As in a process of its own."""

    def forget() -> None:
        for part in PARTS:
            part.cache_clear()

    forget()
    yield forget
    forget()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_process_obeys_a_429_and_finds_the_call(store, empty_redis, monkeypatch, anew):
    monkeypatch.setenv("REDIS_URL", empty_redis.url)
    settings.reset()
    with serving(status(429, Retry_After="60")) as source:
        config = parse(
            {"api": {"base_url": source.url}, "auth": {"method": "bearer", "token": KEY}}
        )
        for _ in range(2):
            one = shared.client(config, name="square", auth=auth.bearer(KEY, where="look"))
            with pytest.raises(errors.RateLimitError):
                one.get("orders")
            shared.audit().flush()
            anew()

    assert len(source.calls) == 1
    with reading() as session:
        (call,) = recent(session)
    assert (call.connector, call.status, call.error) == ("square", 429, "RATE_LIMIT")
