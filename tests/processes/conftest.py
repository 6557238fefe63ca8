"""Real processes of ours, started as people start them, found by a mark in their environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from sandbox import b2b
from syncs.registry import SYNCS
from tests.servers import until
from tests.toy import kind, vendor  # noqa: F401, fixtures

ROOT = Path(__file__).resolve().parents[2]
MARK = "MOULIN_TEST_MARK"
Start = Callable[..., "Started"]


class Started:
    """A process of ours and what it has said so far."""

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def says(self, *words: str) -> None:
        """Return as soon as it has said all of ``words``."""
        until(
            lambda: all(word in self.said() for word in words) or self.process.poll() is not None,
            what=str(words),
            why_not=self.said,
            patience=60,
        )
        assert all(word in self.said() for word in words), self.said()

    def end(self, number: int, *, patience: float = 60) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(patience)


class Family:
    """All processes that carry this test's mark, however they came to be."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.mark = uuid4().hex
        self.env = {
            **os.environ,
            MARK: self.mark,
            "MOULIN_DOTENV": "",
            "VAR_DIR": str(directory / "var"),
            "PYTHONUNBUFFERED": "1",
            # Only what a test asks for shall run, whatever the clock says.
            **{f"SYNC_SCHEDULE_{sync.setting}": "" for sync in SYNCS.values()},
        }
        self.started: list[Started] = []

    def start(self, *argv: str, env: Mapping[str, str] | None = None) -> Started:
        log = self.directory / f"{len(self.started)}.log"
        self.started.append(Started(argv, self.env if env is None else env, log))
        return self.started[-1]

    def python(self, *argv: str, **more: str) -> Started:
        return self.start(sys.executable, *argv, env={**self.env, **more})

    def celery(self, *argv: str, **more: str) -> Started:
        """By the console script, as anybody would from a shell."""
        script = str(Path(sys.executable).with_name("celery"))
        return self.start(script, "-A", "worker", *argv, env={**self.env, **more})

    def living(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def names(self) -> str:
        found = []
        for process in self.living():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                found.append(" ".join(process.cmdline()))
        return "\n".join(found)

    def until_gone(self) -> None:
        until(lambda: not self.living(), what="the end of all", why_not=self.names)

    def end(self) -> None:
        for process in self.living():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for each in self.started:
            each.process.wait(60)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                return False
            if process.environ().get(MARK) == self.mark:
                return True
            # The embedded Redis gets no environment of ours, but works in our directory.
            return Path(process.cwd()).is_relative_to(self.directory)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """Starts processes with settings of their own; ends whatever is left of them."""
    found = Family(tmp_path)
    yield found
    found.end()


@pytest.fixture
def migrated(family: Family, sqlite_template: Path) -> Family:
    """``family`` with a store in its ``VAR_DIR``."""
    var = Path(family.env["VAR_DIR"])
    var.mkdir()
    (var / "moulin.db").write_bytes(sqlite_template.read_bytes())
    return family


@pytest.fixture
def source() -> Iterator[b2b.B2B]:
    """A B2B source of three pages."""
    with b2b.serve(products=250, seed=1) as served:
        yield served
