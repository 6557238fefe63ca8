"""Everything in the foreground: which processes there are, and where to find them."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from cli.output import say
from cli.stack import embedded_redis
from cli.stack.supervisor import Command, Supervisor
from core.errors import ConfigurationError, RetriableError
from core.settings import ROOT, settings
from db import migrate

PATIENCE = 15.0
"""Seconds the embedded Redis has to read its file and answer."""
LOCAL = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104, printed, not bound to


def up(*, host: str, port: int) -> None:
    """Migrate, start every process, print where they are, and keep them until Ctrl-C."""
    _need_port(host, port)
    migrate.upgrade()
    with ExitStack() as stack:
        broker = "REDIS_URL"
        server = None
        if settings().redis_url is None:
            server = stack.enter_context(embedded_redis.prepared())
            broker = f"embedded Redis, {server.command.argv[0]}"
        supervisor = stack.enter_context(Supervisor())
        if server is not None:
            supervisor.start(server.command)
            if not supervisor.wait_for(server.answers, patience=PATIENCE):
                if supervisor.asked:
                    return
                raise RetriableError("The embedded Redis does not answer; it says why above.")
        flower = _flower_port() if importlib.util.find_spec("flower") else None
        _announce(host, port, flower, broker)
        supervisor.start(*commands(host, port, flower))
        supervisor.run()
        say("Stopping; what runs may take up to 25 seconds to end well.")


def commands(host: str, port: int, flower: int | None) -> list[Command]:
    """The processes of `Procfile`, by the same commands."""
    python = sys.executable
    processes = [
        _command("web", python, "manage.py", "web", "--host", host, "--port", str(port)),
        _worker("main", "sales,outbox,upkeep"),
        _worker("sync", "sync"),
        _command("beat", python, "-m", "celery", "-A", "worker", "beat"),
    ]
    if flower is not None:
        flags = (f"--port={flower}",)
        processes.append(
            _command("flower", python, "-m", "celery", "-A", "worker", "flower", *flags)
        )
    return processes


def environment() -> Mapping[str, str]:
    """Ours, with the paths that must mean the same from another directory."""
    return {**os.environ, "VAR_DIR": str(settings().var_dir.absolute()), "PYTHONUNBUFFERED": "1"}


def _command(name: str, *argv: str, **more: str) -> Command:
    return Command(name, argv, env={**environment(), **more}, cwd=ROOT)


def _worker(name: str, queues: str) -> Command:
    return _command(
        name,
        *(sys.executable, "-m", "celery", "-A", "worker", "worker", "-n", f"{name}@%h"),
        *("-Q", queues, "-c", "2"),
        # A stop lets running tasks end within limits, then hands the rest back to the queue.
        REMAP_SIGTERM="SIGQUIT",
    )


def _need_port(host: str, port: int) -> None:
    if embedded_redis.free_port(port, host) != port:
        raise ConfigurationError(
            f"PORT: {host}:{port} is taken by another program; set PORT to another one."
        )


def _flower_port() -> int:
    configured = settings().flower_port
    port = embedded_redis.free_port(configured)
    if port != configured:
        say(f"Port {configured} is taken by another program; Flower gets {port}.")
    return port


def _announce(host: str, port: int, flower: int | None, broker: str) -> None:
    web = f"http://{LOCAL.get(host, host)}:{port}"
    lines = [
        ("web", f"{web}/"),
        ("health", f"{web}/readyz?verbose"),
        ("API", f"{web}/api/ops/syncs"),
        ("Flower", f"http://127.0.0.1:{flower}/" if flower else "not installed"),
        ("store", settings().database_url.partition("://")[0]),
        ("broker", broker),
    ]
    say("Moulin is starting; Ctrl-C stops everything.")
    for name, where in lines:
        say(f"  {name:<8}{where}")
