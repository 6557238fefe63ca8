"""The health of a source: one request, in one word; looked at hourly and kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from celery.schedules import crontab

from connectors import errors
from connectors.http.deadline import Timeouts
from core.logs import get_logger, redact
from db import bulk
from db.session import reading, writing
from db.work import slots
from syncs.registry import SOURCES
from syncs.source import AnySource

log = get_logger(__name__)

Kind = Literal["ok", "auth", "network", "schema", "slow"]

HEALTHY = frozenset({"ok", "slow"})
"""The kinds of a look at a source that can be synced from."""
HOURLY = crontab(minute="0")
PATIENCE = 10.0
SLOW = 5.0
"""Seconds from which a good answer is a slow one."""
KEPT_DAYS = 90.0
AGAIN = timedelta(minutes=5)
"""A missed look is rung for after so long, and then as often."""
WHILE = timedelta(seconds=15)
"""A little longer than a sweeper's round, so that one of them is in it: the worker may be busy,
and a ring at each round would only lengthen its queue.
"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The result of one look: ``auth`` the key is refused, ``network`` nothing or an error came,
    ``schema`` something else than the source's own answer came, ``slow`` all is well and took
    long.
    """

    kind: Kind
    ms: int
    message: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether syncs would work now."""
        return self.kind in HEALTHY


def watched() -> list[AnySource]:
    """The sources whose hourly looks are kept."""
    return [source for source in SOURCES.values() if source.checks is not None]


def task(source: AnySource) -> str:
    """The name of the Celery task that looks at ``source``; its hours are claimed by it, too."""
    return f"upkeep.{source.name}_health"


def look(source: AnySource) -> Look:
    """Try the source's probe once, for ten seconds at most; what it answers is not kept.

    Raises ``ConfigurationError`` when the source is not configured.
    """
    with source.open(Timeouts.once(PATIENCE)) as connector:
        began = time.monotonic()
        try:
            if source.probe is not None:
                source.probe(connector)
        except errors.APIError as error:
            return Look(kind=_kind(error), ms=_since(began), message=redact(str(error)))
        ms = _since(began)
    return Look(kind="slow" if ms >= SLOW * 1000 else "ok", ms=ms)


def missed(source: AnySource, *, now: datetime | None = None) -> bool:
    """Whether nobody has looked in this hour and it is time to ring: beat, the broker or a worker
    may have been away. ``now`` is the database's unless given.
    """
    if not source.is_configured:
        return False
    with reading() as session:
        now = now or bulk.now(session)
        late = now - _hour(now)
        if late < AGAIN or late % AGAIN >= WHILE:
            return False
        return not slots.is_claimed(session, task(source), _hour(now))


def note_hourly(source: AnySource, *, now: datetime | None = None) -> None:
    """Keep the hour's look; nothing when there is one already, or the source keeps none."""
    checks = source.checks
    if checks is None or not source.is_configured or not _claim(source, now):
        return
    result = look(source)
    with writing() as session:
        before = checks.recent(session, limit=1)
        was_well = not before or before[0].healthy
        checks.note(
            session, kind=result.kind, healthy=result.healthy, ms=result.ms, message=result.message
        )
        checks.forget(session, older_than_days=KEPT_DAYS)
    down, back = f"{source.name}.down", f"{source.name}.back"
    if was_well and not result.healthy:
        log.warning(down, kind=result.kind, error=result.message)
    if not was_well and result.healthy:
        log.info(back, kind=result.kind)


def _claim(source: AnySource, now: datetime | None) -> bool:
    with writing() as session:
        hour = _hour(now or bulk.now(session))
        return slots.claim(session, task(source), hour) is not None


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
