"""A server as a process: started, killed, frozen, thawed; it dies with whoever started it."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

MEMORY = "/dev/shm"  # noqa: S108, a directory of the system; ours below it is our own
PLENTY = 4 * 1024**3
PATIENCE = 30.0
"""Seconds a server may take to start or stop."""
PR_SET_PDEATHSIG = 1


class Server(ABC):
    """A process that can be started, stopped, killed, frozen and thawed."""

    def __init__(self, *, on_disk: bool = False) -> None:
        self.port = free_port()
        where = None if on_disk else memory()
        self.directory = Path(tempfile.mkdtemp(prefix="moulin-test-", dir=where))
        self.process: subprocess.Popen[bytes] | None = None
        self.frozen = False

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            # Ctrl-C among them: a server that never answered would stay.
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
        elif not self.frozen:
            # Thousands of tests ask for a server that nobody has touched.
            return
        else:
            self.thaw()
        until(self._answers, what=type(self).__name__, why_not=self._log)

    def kill(self) -> None:
        """End it with SIGKILL, at once: the crash of a machine."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it and its children in their tracks: connections stay open and nothing answers."""
        self.frozen = True
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        self.frozen = False
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            if self.frozen:
                self.thaw()  # the frozen do not hear signals
            self.process.wait(PATIENCE)
        self.process = None

    def _log(self) -> str:
        assert self.process is not None
        return f"exit code {self.process.poll()}\n{(self.directory / 'log').read_text('utf-8')}"

    @abstractmethod
    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the program."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it can be spoken to."""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def memory() -> str | None:
    """Where files live in memory and there is plenty of it; None where there is not. Thousands of
    databases are made and thrown away: on a disk most of their time is its own.
    """
    try:
        found = os.statvfs(MEMORY)
    except (AttributeError, OSError):
        return None
    plenty = found.f_bavail * found.f_frsize >= PLENTY
    usable = os.access(MEMORY, os.W_OK) and not found.f_flag & os.ST_NOEXEC
    return MEMORY if plenty and usable else None


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


def die_with_parent() -> None:
    """Linux: when pytest is killed, its servers go too (PostgreSQL's `immediate`)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
