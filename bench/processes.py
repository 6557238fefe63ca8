"""The product's own processes, as the Procfile starts them, on the store of this moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncs.registry import SYNCS
from tests.servers import Redis, free_port, until

ROOT = Path(__file__).resolve().parent.parent
WORKER = ("-m", "celery", "-A", "worker", "worker", "-Q", "sales", "-c", "2")
QUIET = ("--without-gossip", "--without-mingle")
PATIENCE = 60.0


@contextmanager
def web_and_worker() -> Iterator[int]:
    """A web process, a worker for sales and a Redis between them; the port of the first."""
    with (
        tempfile.TemporaryDirectory(prefix="moulin-bench-") as directory,
        Redis() as redis,
    ):
        logs = Path(directory)
        # As they are in a shop: every sale is a line of the log. Only what is measured shall run.
        more = {
            "REDIS_URL": redis.url,
            "LOG_LEVEL": "INFO",
            **{f"SYNC_SCHEDULE_{sync.setting}": "" for sync in SYNCS.values()},
        }
        port = free_port()
        web = ("manage.py", "web", "--port", str(port))
        with (
            started(*web, log=logs / "web", ready="Listening on", **more),
            started(*WORKER, *QUIET, log=logs / "worker", ready="ready.", **more),
        ):
            yield port


@contextmanager
def started(*arguments: str, log: Path, ready: str, **environment: str) -> Iterator[None]:
    """``python`` with ``arguments`` in the checkout, from when it says ``ready`` until it is told
    to end; what it says goes to the file ``log``.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603, our own programs
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(
            lambda: process.poll() is not None or ready in log.read_text("utf-8"),
            what=arguments[0],
            why_not=lambda: log.read_text("utf-8"),
            patience=PATIENCE,
        )
        assert process.poll() is None, log.read_text("utf-8")
        yield
        assert process.poll() is None, log.read_text("utf-8")
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
