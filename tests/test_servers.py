"""The tests' own servers do what the fault tests rely on."""

from __future__ import annotations

import psycopg
import pytest
import redis

from tests.servers import PostgreSQL


def test_a_killed_redis_comes_back_empty(empty_redis):
    with redis.Redis.from_url(empty_redis.url) as client:
        client.set("bell", "rung")
        empty_redis.kill()
        empty_redis.start()

        assert client.get("bell") is None


def test_a_frozen_redis_answers_nobody_until_it_is_thawed(empty_redis):
    with redis.Redis.from_url(empty_redis.url, socket_timeout=0.2, retry=None) as client:
        empty_redis.freeze()
        with pytest.raises(redis.TimeoutError):
            client.ping()

        empty_redis.thaw()
        assert client.ping()


def test_redis_wants_its_password(redis_server):
    with (
        redis.Redis(port=redis_server.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


@pytest.mark.parametrize("immediate", [False, True], ids=["fast", "immediate"])
def test_postgresql_keeps_what_was_committed(postgresql_server: PostgreSQL, immediate):
    name = f"restarted_{immediate}"
    url = postgresql_server.create(name)
    with psycopg.connect(url, autocommit=True) as client:
        client.execute("CREATE TABLE kept AS SELECT 1 AS number")
        postgresql_server.restart(immediate=immediate)
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")

    with psycopg.connect(url) as client:
        assert client.execute("SELECT number FROM kept").fetchone() == (1,)
    postgresql_server.drop(name)


def test_the_store_is_fresh_and_migrated(store, database_url):
    from db import migrate, session  # noqa: PLC0415, the fixture has set where the store is

    assert migrate.current() == migrate.head()
    assert session.engine().dialect.name == database_url.partition(":")[0]


def test_nothing_of_the_developer_is_seen(monkeypatch, tmp_path):
    import core.settings  # noqa: PLC0415, looked at as the fixture left it

    assert not (core.settings.ROOT / ".env").exists()
    assert core.settings.settings().redis_url is None
