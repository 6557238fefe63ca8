"""The demo's stage: a directory, an environment and processes of its own; all gone afterwards."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography.fernet import Fernet

from cli.demo.account import Account
from cli.demo.environment import bare, become
from cli.stack.embedded_redis import free_port
from cli.stack.spawn import spawn
from core import settings
from core.document import Json
from core.errors import FatalError
from db import session
from syncs.registry import SYNCS

GRACE = 35.0
"""Seconds for `up` to stop everybody; it gives each of its processes 25."""
LAST_LINES = 40
FRESH_SECONDS = 10
"""For so long categories are fresh in the demo; without it, for two hours."""

SOLD = 40
"""Tickets of Square's tills before the demo."""
SQUARE_TOKEN = "EAAAdemo"  # noqa: S105 - it opens nothing but the stand-in
SQUARE = """\
square:
  api:
    base_url: {square}
  auth:
    method: bearer
    token: ${{SQUARE_TOKEN}}
  shops:
    LFICTIVE1: 1
    LFICTIVE2: 2
  webhook:
    url: {web}/webhooks/square/
    signature_key: ${{SQUARE_SIGNATURE_KEY}}
"""

Document = Json
"""JSON, as commands and tills read and write it."""


class Stage:
    """``with Stage(account) as stage``: the stand-ins of the sources; ``stage.up()`` the rest."""

    def __init__(self, account: Account, *, products: int) -> None:
        self._account = account
        self._products = products
        self._stack = ExitStack()
        self.key = f"b2c_{secrets.token_hex(12)}"
        self.template_key = f"sk_{secrets.token_hex(12)}"
        self.source = ""
        self.template = ""
        self.square = ""
        self.signature_key = secrets.token_urlsafe(12)
        self.port = free_port()
        self.flower_port = free_port()
        self.flower_user = ("demo", secrets.token_urlsafe(12))

    def __enter__(self) -> Self:
        with self._stack:
            home = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="moulin-demo-"))
            self.home = Path(home)
            self.source, self.template, self.square = self._start_sources()
            self._configure()
            # From here on this process, and all it starts, knows the demo's store only.
            become(self._environment())
            settings.reset()
            # Only what the demo asks for shall run, whatever the time.
            os.environ.update({f"SYNC_SCHEDULE_{sync.setting}": "" for sync in SYNCS.values()})
            settings.reset()
            self._stack.callback(session.dispose)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def web(self) -> str:
        """The web process's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def flower(self) -> str:
        """Flower's address."""
        return f"http://127.0.0.1:{self.flower_port}"

    @property
    def connectors(self) -> Path:
        """The file of the connectors."""
        return self.home / "config" / "pos.yaml"

    def up(self) -> None:
        """Start everything, as `make run` does; its output goes to a file."""
        log = self._stack.enter_context((self.home / "up.log").open("wb"))
        process = spawn(
            (sys.executable, "manage.py", "up"), env=os.environ, cwd=settings.ROOT, output=log
        )
        self._stack.callback(_end, process)

    def last_lines(self) -> str:
        """The end of the processes' output."""
        try:
            lines = (self.home / "up.log").read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-LAST_LINES:])

    def manage(self, *words: str, typed: str = "", exits: tuple[int, ...] = (0,)) -> Any:
        """Run a command as you would, show it, and return the JSON it printed."""
        self._account.command(*map(shlex.quote, words))
        done = subprocess.run(
            [sys.executable, "manage.py", *words, "--json"],
            cwd=settings.ROOT,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in exits:
            raise FatalError(f"'{words[0]}' ended with {done.returncode}:\n{done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def migrate(self) -> None:
        """Make the store's tables."""
        self._account.command("migrate")
        argv = [sys.executable, "manage.py", "migrate"]
        done = subprocess.run(argv, cwd=settings.ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise FatalError(f"'migrate' ended with {done.returncode}:\n{done.stderr.strip()}")

    def _start_sources(self) -> list[str]:
        argv = (
            sys.executable, "-m", "sandbox", "--port", "0", "--key", self.key,
            "--products", str(self._products),
            "--template-port", "0", "--template-key", self.template_key,
            "--square-port", "0", "--locations", "2", "--sales", str(SOLD),
        )  # fmt: skip
        # Their addresses are read, a line each; more is printed only when something breaks.
        process = spawn(argv, env=bare(), cwd=settings.ROOT, output=subprocess.PIPE)
        self._stack.callback(_end, process)
        assert process.stdout is not None
        self._stack.callback(process.stdout.close)
        lines = [process.stdout.readline().decode().strip() for _ in range(3)]
        if not all(line.startswith("http") for line in lines):
            raise FatalError(f"The stand-ins of the sources did not start: {' '.join(lines)}")
        return lines

    def _configure(self) -> None:
        self.connectors.parent.mkdir()
        text = SQUARE.format(square=self.square, web=self.web)
        self.connectors.write_text(text, "utf-8")

    def _environment(self) -> dict[str, str]:
        return {
            **bare(),
            "VAR_DIR": str(self.home / "var"),
            "INVENTORY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "SECRET_KEY": secrets.token_urlsafe(32),
            "B2B_API_URL": self.source,
            "TEMPLATE_BASE_URL": self.template,
            "TEMPLATE_API_KEY": self.template_key,
            "PORT": str(self.port),
            "FLOWER_PORT": str(self.flower_port),
            "FLOWER_BASIC_AUTH": ":".join(self.flower_user),
            "SYNC_INTERVAL_B2B_CATEGORIES": str(FRESH_SECONDS),
            "CONNECTORS_DIR": str(self.connectors.parent),
            "SQUARE_TOKEN": SQUARE_TOKEN,
            "SQUARE_SIGNATURE_KEY": self.signature_key,
        }


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, insist when it must be quick, and leave nothing of it."""
    process.terminate()
    try:
        process.wait(GRACE)
    except KeyboardInterrupt:
        process.terminate()  # the supervisor takes a second signal as "now"
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE / 5)
        raise
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
