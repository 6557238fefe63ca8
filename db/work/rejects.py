"""Records that were refused, kept with their sealed payload until they are dealt with."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import crypto, details
from core.errors import NotFoundError, RefusedError
from db import bulk
from db.models import Link, Reject
from db.records.plan import Context
from db.session import NO_SYNC
from db.types import db_now

_ANY_OPEN = "SELECT 1 FROM rejects WHERE state = 'open' AND sync IN ?* LIMIT 1"

AT_ONCE = 500
"""A database counts a statement's parameters, PostgreSQL to 65535, and a reject has a dozen."""

FORGOTTEN = "What was received is forgotten: the source no longer has whom it was about."

LEVELS = details.DEEPEST + 20
"""Of a payload that is kept: enough to be refused again for its depth."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why one record was refused; ``external_id`` is None when it could not be read.

    A sale comes in a batch, at a ``position``, and has a ``key`` of its own for its identity.
    """

    external_id: str | None
    code: str
    field: str
    message: str
    payload: object
    key: str | None = None
    batch_id: int | None = None
    position: int | None = None

    @property
    def identity(self) -> str:
        """What identifies this record: its key or id, else a digest of its payload."""
        if self.key is not None:
            return self.key
        if self.external_id is not None:
            return self.external_id
        return "#" + crypto.digest(dump(self.payload))[:32]


def dump(payload: object) -> str:
    """The payload as JSON that can be read back, even where it is not quite JSON (NaN).

    What has more levels than a record may have is cut beyond them, and is still too deep.
    """
    if details.is_deeper(payload, LEVELS):
        payload = _cut(payload, LEVELS)
    return json.dumps(payload, default=str, sort_keys=True)


def _cut(value: object, levels: int) -> object:
    if not isinstance(value, dict | list):
        return value
    if not levels:
        return "…"
    if isinstance(value, dict):
        return {key: _cut(item, levels - 1) for key, item in value.items()}
    return [_cut(item, levels - 1) for item in value]


def keep(session: Session, sync: str, run_id: int | None, refusals: Sequence[Refusal]) -> int:
    """Store refusals, one open reject a (sync, record, code); how many records were counted before.

    A record that comes twice on a page or in a run counts once, whatever is wrong with it.
    """
    if not refusals:
        return 0
    latest = {(item.identity, item.code): item for item in refusals}
    identities = {identity for identity, _ in latest}
    before = refused_by(session, sync, run_id, identities)
    values = [
        {
            "sync": sync,
            "run_id": run_id,
            "batch_id": item.batch_id,
            "batch_position": item.position,
            "identity": identity,
            "external_id": item.external_id,
            "code": code,
            "field": item.field[:200],
            "message": item.message,
            "payload": crypto.seal(dump(item.payload)),
            "state": "open",
        }
        for (identity, code), item in latest.items()
    ]
    _drop_other_reasons(session, sync, run_id, latest.keys())
    for start in range(0, len(values), AT_ONCE):
        _upsert(session, values[start : start + AT_ONCE])
    return len(refusals) - len(identities - before)


def _upsert(session: Session, values: Sequence[Mapping[str, object]]) -> None:
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = make(Reject).values(values)
    news = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["sync", "identity", "code"],
            # Not a parameter: PostgreSQL's plan for any value would not find the partial index.
            index_where=text("state = 'open'"),
            set_={
                "run_id": news.run_id,
                "batch_id": news.batch_id,
                "batch_position": news.batch_position,
                "field": news.field,
                "message": news.message,
                "payload": news.payload,
                "updated_at": db_now(),
            },
        ),
        execution_options=NO_SYNC,
    )


def _drop_other_reasons(
    session: Session, sync: str, run_id: int | None, kept: Collection[tuple[str, str]]
) -> None:
    """A record that is refused for a new reason was sent anew: its older payload is out of date."""
    because = "refused for another reason" + ("" if run_id is None else f" by run {run_id}")
    query = select(Reject).where(Reject.sync == sync, Reject.state == "open")
    for part in bulk.parts({identity for identity, _ in kept}):
        for reject in session.scalars(query.where(Reject.identity.in_(part))):
            if (reject.identity, reject.code) not in kept:
                reject.state = "discarded"
                reject.reason = because
        session.flush()


def refused_by(
    session: Session, sync: str, run_id: int | None, identities: Collection[str]
) -> set[str]:
    """Which of these records this run has refused, and not written since."""
    query = select(Reject.identity).where(
        Reject.sync == sync, Reject.run_id == run_id, Reject.state == "open"
    )
    return {
        identity
        for part in bulk.parts(identities)
        for identity in session.scalars(query.where(Reject.identity.in_(part)))
    }


def count_open(session: Session, sync: str | None = None) -> int:
    """How many rejects wait for somebody."""
    query = select(func.count()).select_from(Reject).where(Reject.state == "open")
    if sync is not None:
        query = query.where(Reject.sync == sync)
    return session.scalar(query) or 0


def any_open(session: Session, sync: str) -> bool:
    """Whether a page must look for rejects to close: read once a page, seldom true."""
    return bool(bulk.select_among(session, _ANY_OPEN, (), (sync,)))


def close(
    session: Session, sync: str, keys: Collection[str], reason: str, *, by: str = "external_id",
    state: str = "replayed",
) -> None:  # fmt: skip
    """These records were written after all, or are ``discarded``; ``by`` names the column of the
    ``keys``.
    """
    column = getattr(Reject, by)
    for part in bulk.parts(keys):
        session.execute(
            update(Reject)
            .where(Reject.sync == sync, Reject.state == "open", column.in_(part))
            .values(state=state, reason=reason, updated_at=db_now()),
            execution_options=NO_SYNC,
        )


def forget(session: Session, sync: str, link: type[Link], context: Context) -> None:
    """Erase what rejects keep of records that the source no longer has; the rejects stay.

    These have no living ``link`` (they left, or were refused whenever they came), and neither the
    run that read everything nor a newer one refused them. Also closed rejects hold a payload.
    """
    living = select(link.external_id).where(link.source == context.source, link.gone_at.is_(None))
    waiting = Reject.state == "open"
    session.execute(
        update(Reject)
        .where(
            Reject.sync == sync,
            func.coalesce(Reject.run_id, 0) < context.run_id,
            Reject.message != FORGOTTEN,
            Reject.identity.not_in(living),
        )
        .values(
            payload=crypto.seal("null"),
            field="",
            message=FORGOTTEN,
            reason=case((waiting, FORGOTTEN), else_=Reject.reason),
            state=case((waiting, "discarded"), else_=Reject.state),
            updated_at=db_now(),
        ),
        execution_options=NO_SYNC,
    )


def find(session: Session, reject_id: int) -> Reject:
    """The reject; ``NotFoundError`` when there is none."""
    reject = session.get(Reject, reject_id)
    if reject is None:
        raise NotFoundError("reject", reject_id)
    return reject


def payload(reject: Reject) -> Any:
    """What was received, opened."""
    return json.loads(crypto.unseal(reject.payload))


def recent(
    session: Session, *, sync: str | None = None, state: str | None = "open",
    code: str | None = None, before: int | None = None, limit: int = 50,
) -> list[Reject]:  # fmt: skip
    """Rejects, newest first; ``before`` is the id the last page ended with."""
    query = select(Reject).order_by(Reject.id.desc()).limit(limit)
    for column, value in ((Reject.sync, sync), (Reject.state, state), (Reject.code, code)):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(Reject.id < before)
    return list(session.scalars(query))


def require_open(reject: Reject) -> None:
    """``RefusedError`` unless the reject still waits for somebody."""
    if reject.state != "open":
        raise RefusedError(f"Reject {reject.id} is {reject.state} already.")


def settle(session: Session, reject: Reject, state: str, reason: str) -> None:
    """Close an open reject as ``replayed`` or ``discarded``."""
    # Of two who settle it at once the second is refused, before it does anything else.
    session.refresh(reject, with_for_update=True)
    require_open(reject)
    reject.state, reject.reason, reject.updated_at = state, reason, bulk.now(session)
    session.flush()


def discard_all(session: Session, ids: Collection[int], reason: str) -> int:
    """Discard those of these that are open; how many that were."""
    discarded = session.execute(
        update(Reject)
        .where(Reject.id.in_(ids), Reject.state == "open")
        .values(state="discarded", reason=reason, updated_at=db_now())
        .returning(Reject.id),
        execution_options=NO_SYNC,
    )
    return len(discarded.all())
