"""Real processes on a real Redis and a real source, to be killed at the worst moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox import b2b
from tests.servers import Redis, until

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """One of our processes; ``kill`` takes its whole family at once, as the kernel would."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self.arguments, self.environment, self.log = arguments, environment, log
        self.start()

    def start(self) -> None:
        """Start it (again), as a supervisor would."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """``kill -9`` of the process and its children."""
        with_children = [self.process.pid]
        with_children += [
            child.pid for child in psutil.Process(self.process.pid).children(recursive=True)
        ]
        for pid in with_children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def end(self) -> None:
        """Whatever is left of it is gone afterwards."""
        if self.process.poll() is None:
            self.kill()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.log.read_text("utf-8", "replace")


class Stage:
    """Starts processes on one store, one source and one Redis, and ends them all."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self.environment, self.directory = environment, directory
        self.processes: list[Process] = []

    def start(self, *arguments: str, **extra: str) -> Process:
        """``python …`` in the checkout, with ``extra`` in its environment."""
        log = self.directory / f"process-{len(self.processes)}.log"
        process = Process(arguments, self.environment | extra, log)
        self.processes.append(process)
        return process

    def worker(self, *options: str, **extra: str) -> Process:
        """A worker that is ready to take messages."""
        process = self.start(
            "-m", "celery", "-A", "worker", "worker", "-c", "2", "--without-gossip",
            "--without-mingle", *options, **extra,
        )  # fmt: skip
        until(lambda: "ready." in process.output, what="worker", why_not=lambda: process.output)
        return process

    def end(self) -> None:
        """End every process."""
        for process in self.processes:
            process.end()


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
