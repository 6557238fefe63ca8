"""The tests' own servers do what the fault tests rely on."""

from __future__ import annotations

import psycopg
import pytest
import redis

from db import migrate
from tests.servers import Database, PostgreSQL


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
        empty_redis.freeze()
        empty_redis.start()
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


INSERT = """
INSERT INTO shops (name, currency, stock_policy, timezone, created_at)
SELECT 'Boutique', 'EUR', 'reject', 'UTC', now() FROM generate_series(1, {rows})
RETURNING id
"""
SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname = 'shops'"
SCHEMA = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"


@pytest.mark.parametrize(
    "left",
    [
        "SELECT 1",
        "ALTER TABLE shops ADD COLUMN colour text",
        "DROP TABLE job_slots",
        "UPDATE alembic_version SET version_num = '0001'",
        INSERT.format(rows=100_000),
    ],
    ids=["rows", "column", "table", "version", "size"],
)
def test_a_test_finds_nothing_of_the_one_before(postgresql_database: Database, left):
    with psycopg.connect(postgresql_database.empty(), autocommit=True) as client:
        schema = client.execute(SCHEMA).fetchone()
        id_of_first = client.execute(INSERT.format(rows=1)).fetchone()
        client.execute(left)
        # Somebody is in the middle of a transaction.
        client.execute("BEGIN")
        client.execute(INSERT.format(rows=1))

        with psycopg.connect(postgresql_database.empty(), autocommit=True) as later:
            assert later.execute(SCHEMA).fetchone() == schema
            assert later.execute(SIZE).fetchone() == (0,)
            assert later.execute("SELECT * FROM alembic_version").fetchall() == [(migrate.head(),)]
            assert later.execute("SELECT count(*) FROM shops").fetchone() == (0,)
            assert later.execute(INSERT.format(rows=1)).fetchone() == id_of_first == (1,)
        with pytest.raises(psycopg.OperationalError):
            client.execute("COMMIT")


def test_who_is_idle_stays_connected(postgresql_database: Database):
    with psycopg.connect(postgresql_database.empty(), autocommit=True) as client:
        client.execute(INSERT.format(rows=1))

        postgresql_database.empty()

        assert client.execute("SELECT count(*) FROM shops").fetchone() == (0,)
