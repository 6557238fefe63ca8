"""Keep processes running until a signal to stop, and then leave none of them behind.

One thread and no shell. A process that dies is started again. Each has a group of its own; when the
supervisor itself is killed with -9 a guard ends these groups, and Linux the processes at once.
"""

from __future__ import annotations

import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO, Self

from cli.stack.child import Child, Command
from core.logs import get_logger

__all__ = ["Command", "Supervisor"]

log = get_logger(__name__)

GUARD = Path(__file__).with_name("guard.py")
GRACE = 25.0
"""Seconds between asking to end and killing; a worker's soft shutdown takes up to 20."""
ONE_SIGNAL = 1.0
TICK = 0.1
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """``with Supervisor() as supervisor: supervisor.start(…); supervisor.run()``."""

    def __init__(self, *, grace: float = GRACE, output: BinaryIO | None = None) -> None:
        self._grace = grace
        self._output = output or sys.stderr.buffer
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._asked, self._last_asked = 0, float("-inf")
        self._width = 0

    def __enter__(self) -> Self:
        self._guard = subprocess.Popen(
            [sys.executable, "-IS", str(GUARD)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._before = {number: signal.signal(number, self._ask) for number in STOPS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            for child in self._children:
                child.kill()
            self._selector.close()
            self._guard.communicate()
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def start(self, *commands: Command) -> None:
        """Start these, and keep them running while ``run`` or ``wait_for`` does."""
        for command in commands:
            self._width = max(self._width, len(command.name))
            child = Child(command)
            self._children.append(child)
            self._spawn(child)

    def run(self) -> None:
        """Return at a signal to stop, or when nobody reads the output any more."""
        while not self._asked:
            self._tick()

    def wait_for(self, true: Callable[[], bool], *, patience: float) -> bool:
        """Whether ``true()`` came to be within ``patience`` seconds and before a stop."""
        deadline = time.monotonic() + patience
        while not self._asked and time.monotonic() < deadline:
            if true():
                return True
            self._tick()
        return False

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        # A signal for a whole group comes twice, from the kernel and from `make`; that is one.
        if time.monotonic() - self._last_asked > ONE_SIGNAL:
            self._asked += 1
            self._last_asked = time.monotonic()

    def _tick(self) -> None:
        self._pump()
        for child in self._children:
            if child.ended():
                self._note_exit(child)
            elif child.process is None and time.monotonic() >= child.due:
                self._spawn(child)

    def _spawn(self, child: Child) -> None:
        try:
            process = child.start()
        except OSError as error:
            wait = child.rest()
            log.warning(
                "process.not_started", process=child.command.name, error=error.strerror,
                restarts_in=wait,
            )  # fmt: skip
            return
        assert process.stdout is not None
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        self._tell_guard(process.pid)

    def _note_exit(self, child: Child) -> None:
        code = self._reap(child)
        log.warning("process.died", process=child.command.name, exit=code, restarts_in=child.rest())

    def _reap(self, child: Child) -> int | None:
        """Clear away a child that has ended, with all it left; its exit code."""
        assert child.process is not None
        assert child.process.stdout is not None
        child.kill()
        code = child.process.returncode
        self._selector.unregister(child.process.stdout)
        self._tell_guard(-child.process.pid)
        self._print(child, child.forget())
        return code

    def _tell_guard(self, group: int) -> None:
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError):  # somebody killed the guard; Linux does its work
            print(group, file=self._guard.stdin, flush=True)

    def _pump(self) -> None:
        """Pass on what comes within a moment. A closed pipe stays readable: its child is reaped."""
        for key, _ in self._selector.select(TICK):
            child: Child = key.data
            lines = list(child.lines())
            self._print(child, lines)
            if not lines and not child.ended():
                time.sleep(TICK / 10)  # half a line, or output closed by a process that lives on

    def _print(self, child: Child, lines: Iterable[bytes]) -> None:
        prefix = f"{child.command.name:<{self._width}} | ".encode()
        text = b"".join(prefix + line + b"\n" for line in lines)
        if not text:
            return
        try:
            self._output.write(text)
            self._output.flush()
        except BrokenPipeError:
            self._asked += 1

    @property
    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked > 0

    def stop(self) -> None:
        """End everybody: first those who need others, then the others."""
        for last in (False, True):
            self._end([child for child in self._children if child.command.last is last])

    def _end(self, children: list[Child]) -> None:
        living = [child for child in children if child.process is not None]
        for child in living:
            child.terminate()
        deadline, before = time.monotonic() + self._grace, self._asked
        while living:
            # A second Ctrl-C means now.
            if time.monotonic() > deadline or self._asked > before:
                for child in living:
                    log.warning("process.killed", process=child.command.name)
                    child.kill()
            self._pump()
            for child in [child for child in living if child.ended()]:
                self._reap(child)
                living.remove(child)
