"""How the art site's export is: one request, in one word; looked at hourly and remembered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from celery.schedules import crontab

from connectors import errors
from core.logs import get_logger, redact
from db import bulk
from db.session import reading, writing
from db.template import checks
from db.work import slots
from syncs import connect

log = get_logger(__name__)

Kind = Literal["ok", "auth", "network", "schema", "slow"]

NAME = "upkeep.template_health"
HOURLY = crontab(minute="0")
PATIENCE = 10.0
SLOW = 5.0
"""Seconds from which a good answer is a slow one."""
KEPT_DAYS = 90.0
AGAIN = timedelta(minutes=5)
"""So late, and then so often, somebody is rung for who looks after all."""
WHILE = timedelta(seconds=15)
"""A little longer than a sweeper's round, so that one of them is in it: who looks may be busy, and
a bell at each round would only make his queue longer.
"""


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


def missed(*, now: datetime | None = None) -> bool:
    """Whether nobody has looked in this hour and it is time to ring: beat, the broker or a worker
    may have been away. ``now`` is the database's unless said otherwise.
    """
    if not connect.is_configured("template"):
        return False
    with reading() as session:
        now = now or bulk.now(session)
        late = now - _hour(now)
        if late < AGAIN or late % AGAIN >= WHILE:
            return False
        return not slots.is_claimed(session, NAME, _hour(now))


def note_hourly(*, now: datetime | None = None) -> None:
    """The hour's look, kept; nothing when the hour was looked at already, or nobody wants it."""
    if not connect.is_configured("template") or not _claim(now):
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


def _claim(now: datetime | None) -> bool:
    with writing() as session:
        return slots.claim(session, NAME, _hour(now or bulk.now(session))) is not None


def _hour(now: datetime) -> datetime:
    """In UTC, where no hour comes twice and none is left out."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _kind(error: errors.APIError) -> Kind:
    if isinstance(error, errors.AuthenticationError | errors.ForbiddenError):
        return "auth"
    if isinstance(error, errors.ConnectionError | errors.ServerError | errors.RateLimitError):
        return "network"
    return "schema"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
