"""Our processes as people start them, to be killed at the worst moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from tests.servers import free_port, until

SECONDS = float(os.environ.get("MOULIN_FAULT_SECONDS", "0"))
"""How long a fault lasts; 0: as long as each test says, which is what CI has time for."""
ROOT = Path(__file__).resolve().parents[2]


def tell(*facts: object) -> None:
    """What happened, for whoever looks: ``pytest -s``, or a test that fails."""
    print(*facts, sep="; ")  # noqa: T201, pytest keeps it for the report


def chance(seed: object) -> random.Random:
    """Whatever ``seed`` says, each time the same."""
    return random.Random(str(seed))  # noqa: S311, faults and made-up sales need no secrecy


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
        """``kill -9`` of the process and all it started, as a supervisor clears it away."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    end = kill

    def kill_alone(self) -> None:
        """``kill -9`` of the process only; its children do not hear of it."""
        self.process.kill()
        self.process.wait()

    def children(self) -> list[psutil.Process]:
        """What it has started and still runs."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def freeze(self) -> None:
        """``SIGSTOP``: it and its children stand still, and do not know it."""
        for each in [psutil.Process(self.process.pid), *self.children()]:
            each.suspend()

    def thaw(self) -> None:
        """They go on as if nothing had been."""
        for each in [psutil.Process(self.process.pid), *self.children()]:
            each.resume()

    def replace(self) -> None:
        """Clear away what is left of it, and start it again."""
        self.kill()
        self.start()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.log.read_text("utf-8", "replace")

    def says(self, word: str) -> None:
        """Return when it has printed ``word``."""
        until(lambda: word in self.output, what=word, why_not=lambda: self.output)


@dataclass(frozen=True)
class Web:
    """The web process and its address."""

    process: Process
    url: str

    def wait(self) -> None:
        """Return when it answers."""
        until(self._answers, what="web", why_not=lambda: self.process.output)

    def _answers(self) -> bool:
        with suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/livez", timeout=5).ok
        return False


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
        process = self.start_worker(*options, **extra)
        process.says("ready.")
        return process

    def start_worker(self, *options: str, celery: str = "celery", **extra: str) -> Process:
        """A worker that is not ready yet."""
        return self.start(
            "-m", celery, "-A", "worker", "worker", "-c", "2", *options, **extra
        )  # fmt: skip

    def web(self, **extra: str) -> Web:
        """The web process, listening."""
        web = self.start_web(**extra)
        web.wait()
        return web

    def start_web(self, **extra: str) -> Web:
        """The web process, which does not listen yet."""
        port = free_port()
        process = self.start("manage.py", "web", "--port", str(port), **extra)
        return Web(process, f"http://127.0.0.1:{port}")

    def pair(self) -> tuple[Web, Process]:
        """The web process and a worker of sales, both ready."""
        worker = self.start_worker("-Q", "sales,outbox,upkeep")
        web = self.web()
        worker.says("ready.")
        return web, worker

    def end(self) -> None:
        """End every process."""
        for process in self.processes:
            process.end()
