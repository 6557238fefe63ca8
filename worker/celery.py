"""The app: settings from ``celeryconfig``, tasks from ``tasks``, the schedule from declarations."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from celery import Celery

import beat_schedule
from core.broker import broker_url
from core.errors import ConfigurationError
from worker import signals

TASKS = ("acts", "configured", "outbox", "sales", "syncs", "upkeep", "webhooks")
"""The modules of ``tasks`` that have some."""

app = Celery("moulin", include=[f"tasks.{name}" for name in TASKS])
app.config_from_object("celeryconfig")
app.set_default()
signals.connect()


@app.on_configure.connect
def stay_importable(**_: object) -> None:
    """Celery's command finds us by the current directory and forgets it: later imports need it."""
    sys.path.append(str(Path(__file__).resolve().parent.parent))


@app.on_configure.connect
def check_settings(**_: object) -> None:
    """On Celery's own command line a wrong setting is a sentence and exit 78, no traceback."""
    context = click.get_current_context(silent=True)
    if context is None or context.find_root().command.name != "celery":
        return
    try:
        broker_url()
        beat_schedule.entries()
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(f"Error: {problem}", err=True)
        sys.exit(78)


@app.on_after_configure.connect
def fill_schedule(sender: Celery, **_: object) -> None:
    """Beat's entries, once the settings are known."""
    sender.conf.beat_schedule = beat_schedule.entries()
