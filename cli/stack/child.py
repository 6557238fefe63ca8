"""One process that a supervisor keeps: its start, its lines of output, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.stack.spawn import spawn

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
STEADY = 30.0
"""Seconds of life after which a death is a new story, not the same one again."""
LONGEST_LINE = 65_536


@dataclass(frozen=True)
class Command:
    """What to keep running. ``last``: the others need it, so that it ends after them."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path | None = None
    last: bool = False


class Child:
    """The process of a command, in a group of its own, so that nothing of it stays behind."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self.due = 0.0
        self._wait = FIRST_WAIT
        self._began = 0.0
        self._rest = b""

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; its output is a pipe that never blocks. Raises ``OSError``."""
        self._began = time.monotonic()
        command = self.command
        process = spawn(command.argv, env=command.env, cwd=command.cwd, output=subprocess.PIPE)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self.process = process
        return process

    def ended(self) -> bool:
        """Whether its main process is gone."""
        return self.process is not None and self.process.poll() is not None

    def terminate(self) -> None:
        """Ask its main process to end; what it started is its own to end."""
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """End its main process and whatever that left behind, at once."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def lines(self) -> Iterator[bytes]:
        """The whole lines that have come since the last call."""
        text = self._rest + self._read()
        *whole, self._rest = text.split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            whole, self._rest = [*whole, self._rest], b""
        yield from whole

    def forget(self) -> Iterator[bytes]:
        """Its last lines; afterwards it can be started again."""
        while lines := list(self.lines()):
            yield from lines
        if self._rest:
            yield self._rest
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process, self._rest = None, b""

    def rest(self) -> float:
        """Seconds until its next start: 0.2, doubled by each death, up to 10."""
        if time.monotonic() - self._began >= STEADY:
            self._wait = FIRST_WAIT
        wait, self._wait = self._wait, min(2 * self._wait, LONGEST_WAIT)
        self.due = time.monotonic() + wait
        return wait

    def _read(self) -> bytes:
        if self.process is None or self.process.stdout is None:
            return b""
        try:
            return os.read(self.process.stdout.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return b""
