"""The processes: ``up`` (all of them), ``web`` (one of them), ``demo`` (all, on invented data)."""

from __future__ import annotations

import os
import pkgutil
import sys

import click

from core.errors import ConfigurationError
from core.settings import settings

SPARED_THREADS = 4
"""Of the web process, left to requests that do not wait."""


def register(group: click.Group) -> None:
    """Add the commands."""
    for command in (up, web, demo):
        group.add_command(command)


@click.command()
@click.option("--host", help="Listen here; default: HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Listen here; default: PORT.")
def up(host: str | None, port: int | None) -> None:
    """Run everything in the foreground, until Ctrl-C."""
    _need_unix()
    from cli.stack import stack

    stack.up(host=host or settings().host, port=port or settings().port)


@click.command()
@click.option("--host", help="Listen here; default: HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one; default: PORT.")
@click.option("--threads", type=click.IntRange(1, 256), default=16, show_default=True)
def web(host: str | None, port: int | None, threads: int) -> None:
    """Serve the web application, until SIGTERM or Ctrl-C."""
    from cli.stack.web import serve

    # By name, as any WSGI server would: the command line imports nothing of the API.
    application = pkgutil.resolve_name("api:create_app")()
    # A request that waits for a result holds a thread; the others are for those that do not.
    application.config["MOST_WAITING"] = max(threads - SPARED_THREADS, 0)
    serve(
        application,
        host=host or settings().host,
        port=settings().port if port is None else port,
        threads=threads,
        proxy=settings().trusted_proxy,
    )


@click.command()
def demo() -> None:
    """Show everything at work, on invented sources and a store of its own."""
    _need_unix()
    from cli.demo.play import play

    sys.exit(play())


def _need_unix() -> None:
    if os.name != "posix":
        raise ConfigurationError(
            "'up' and 'demo' need Linux or macOS (on Windows: WSL), as Celery's workers do. Syncs "
            "by hand and from the Task Scheduler run without them."
        )
