"""Start a process in a group of its own that ends when its parent does."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def spawn(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None, output: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """The started process; what it writes goes to ``output``. Raises ``OSError``.

    Ctrl-C does not reach it: whoever started it ends it. On Linux it is killed when its parent
    is, which only the parent's main thread may count on.
    """
    return subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509, this process has no threads
    )


def _die_with(parent: int) -> None:
    """In the child, before it becomes its program."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
