"""The people's door on a fresh store: ``cli("runs", "list")`` is a command and what it gave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import core.settings
from cli.app import commands
from sandbox import b2b as inventory
from tests.toy import kind, vendor  # noqa: F401, fixtures

ROOT = Path(__file__).resolve().parent.parent.parent
Cli = Callable[..., Result]


@pytest.fixture
def cli(store: core.settings.Settings) -> Cli:
    """Runs a command; ``exit`` is the code it must end with."""

    def run(*words: object, exit: int = 0, stdin: str | None = None) -> Result:  # noqa: A002, it is the shell's word
        done = CliRunner().invoke(commands, [str(word) for word in words], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == exit, (done.stdout, done.stderr)
        return done

    return run


@pytest.fixture
def told(cli: Cli) -> Callable[..., Any]:
    """Runs a command with ``--json`` and reads what it printed."""
    return lambda *words, **how: json.loads(cli(*words, "--json", **how).stdout)


@pytest.fixture
def process(store: core.settings.Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command in a process of its own, with what Celery keeps in one."""

    def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def b2b(store: core.settings.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[inventory.B2B]:
    """A source of twelve products over real HTTP."""
    with inventory.serve(products=12, key="b2b-key", seed=1) as source:
        monkeypatch.setenv("B2B_API_URL", source.url)
        monkeypatch.setenv("B2B_API_KEY", "b2b-key")
        core.settings.reset()
        yield source
