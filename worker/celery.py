"""The app: settings from ``celeryconfig``, tasks from ``tasks``, the schedule from declarations."""

from __future__ import annotations

from typing import Any

from celery import Celery

from worker import signals

app = Celery("moulin", include=["tasks.syncs", "tasks.upkeep"])
app.config_from_object("celeryconfig")
app.set_default()
signals.connect()


@app.on_after_configure.connect
def fill_schedule(sender: Celery, **_: Any) -> None:
    """Beat's entries, once the settings are known."""
    import beat_schedule  # noqa: PLC0415, it reads settings, which an import must not

    sender.conf.beat_schedule = beat_schedule.entries()
