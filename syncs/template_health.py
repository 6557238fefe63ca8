"""How the art site's export is: one request, in one word; looked at hourly and remembered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from celery.schedules import crontab

from connectors import errors
from core.logs import get_logger, redact
from core.settings import settings
from db import bulk, slots
from db.session import reading, writing
from db.template import checks
from syncs import connect
from syncs.schedule import latest

log = get_logger(__name__)

Kind = Literal["ok", "auth", "network", "schema", "slow"]

NAME = "upkeep.template_health"
HOURLY = crontab(minute="0")
PATIENCE = 10.0
SLOW = 5.0
"""Seconds from which a good answer is a slow one."""
KEPT_DAYS = 90.0


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look found: ``auth`` the key is refused, ``network`` nothing or an error came,
    ``schema`` something else than the export came, ``slow`` all is well and took long.
    """

    kind: Kind
    ms: int
    message: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether syncs would work now."""
        return self.kind in checks.HEALTHY


def look() -> Look:
    """Ask the site for its figures, once, for ten seconds at most; what it says is not kept.

    Raises ``ConfigurationError`` when nobody said where it is.
    """
    with connect.template(seconds=PATIENCE) as source:
        began = time.monotonic()
        try:
            for _ in source.stats():
                pass
        except errors.APIError as error:
            return Look(kind=_kind(error), ms=_since(began), message=redact(str(error)))
        ms = _since(began)
    return Look(kind="slow" if ms >= SLOW * 1000 else "ok", ms=ms)


def note_hourly() -> None:
    """The hour's look, kept; nothing when the hour was looked at already, or nobody wants it."""
    if not connect.is_configured("template") or not _claim():
        return
    found = look()
    with writing() as session:
        before = checks.recent(session, limit=1)
        was_well = not before or before[0].healthy
        checks.note(session, kind=found.kind, ms=found.ms, message=found.message)
        checks.forget(session, older_than_days=KEPT_DAYS)
    if was_well and not found.healthy:
        log.warning("template.down", kind=found.kind, error=found.message)
    if not was_well and found.healthy:
        log.info("template.back", kind=found.kind)


def _claim() -> bool:
    with reading() as session:
        slot = latest(HOURLY, bulk.now(session), ZoneInfo(settings().timezone))
    if slot is None:
        return False
    with writing() as session:
        return slots.claim(session, NAME, slot.at) is not None


def _kind(error: errors.APIError) -> Kind:
    if isinstance(error, errors.AuthenticationError | errors.ForbiddenError):
        return "auth"
    if isinstance(error, errors.ConnectionError | errors.ServerError | errors.RateLimitError):
        return "network"
    return "schema"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
