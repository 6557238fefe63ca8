"""How fresh each sync must be and when it is due: its declaration, as settings change it."""

from __future__ import annotations

from celery.schedules import crontab

from core.errors import ConfigurationError
from core.settings import settings
from syncs.declaration import AnySync
from syncs.registry import SYNCS


def interval(name: str) -> float:
    """Seconds for which a successful run of the sync called ``name`` is fresh."""
    key = name.upper().replace(".", "_").replace("-", "_")
    declared = SYNCS[name].fresh_for if name in SYNCS else None
    usual = settings().sync_interval_seconds if declared is None else declared
    return settings().sync_intervals.get(key, usual)


def schedule(sync: AnySync) -> crontab | None:
    """When ``sync`` runs by itself: ``SYNC_SCHEDULE_<NAME>`` (five fields; empty: never).

    Never while its source is not configured.
    """
    if not sync.source.is_configured:
        return None
    text = settings().sync_schedules.get(sync.setting)
    if text is None:
        return sync.schedule
    if not text.strip():
        return None
    try:
        return crontab.from_string(text)
    except ValueError as error:
        raise ConfigurationError(
            f"SYNC_SCHEDULE_{sync.setting}: five crontab fields expected, as in '10 */2 * * *'."
        ) from error
