"""Syncs: ask for a run, pause and resume them; the answers are the gate's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from core.errors import RefusedError
from db.session import writing
from db.work import runs, states
from syncs import gate
from syncs.acts.by import By
from syncs.declaration import AnySync
from syncs.options import Options
from syncs.views.shapes import Id, Shape


class SyncEnqueued(Shape):
    """A run of the sync is due."""

    status: Literal["enqueued"]
    run_id: Id
    sync: str


class Fresh(Shape):
    """Its data is young enough; ``since`` is when the last complete run began."""

    status: Literal["fresh"]
    sync: str
    since: datetime


class Running(Shape):
    """A run is on its way."""

    status: Literal["running"]
    sync: str
    run_id: int
    released: bool = Field(
        description="This request, forced, ended its wait after a failure: it may begin now."
    )
    queued: bool = Field(
        description="This request had one more run follow it, or has that one see more."
    )
    follow_up: bool = Field(description="One more run follows it, whoever asked for that.")


class Paused(Shape):
    """A person paused it."""

    status: Literal["paused"]
    sync: str


class Waiting(Shape):
    """Not before this moment: its source asked for it, or we back off after a failure."""

    status: Literal["waiting"]
    sync: str
    not_before: datetime


NothingBegun = Fresh | Running | Paused | Waiting
Configured = gate.Enqueued | gate.Fresh | gate.Running | gate.Paused | gate.Waiting


class Pause(Shape):
    """Whether runs may begin."""

    sync: str
    paused: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The gate's answer for one sync; the id of the run that is due or on its way, and the error
    of its last try before this request.
    """

    sync: AnySync
    status: str
    run_id: int | None
    error: Mapping[str, object] | None


def run(sync: AnySync, *, force: bool, options: Options, by: By) -> SyncEnqueued | NothingBegun:
    """Ask the gate for a run; what that brought about is in the audit.

    Ring for the run of a ``SyncEnqueued``, and of a ``Running`` that was ``released``.
    ``RefusedError`` (NOT_CONFIGURED) when its source is not configured.
    """
    with writing() as session:
        answer = gate.decide(session, sync, trigger="api", force=force, options=options)
        if isinstance(answer, gate.NotConfigured):
            raise RefusedError(sync.source.advice, code="NOT_CONFIGURED")
        if brought := _brought(answer):
            by.note(session, "sync.run", sync.name, force=force, options=options, **brought)
        return _answer(session, sync.name, answer)


def run_all(syncs: Sequence[AnySync], subject: str, *, by: By) -> list[Asked]:
    """Ask the gate for a run of each, now, as one act on ``subject``; ring for every ``run_id``.

    A sync whose run is on its way gets one more behind it.
    """
    with writing() as session:
        asked = [_ask(session, sync) for sync in syncs]
        by.note(
            session, "sync.run", subject, force=True,
            runs={each.sync.name: each.run_id for each in asked},
        )  # fmt: skip
    return asked


def pause(sync: AnySync, *, by: By) -> Pause:
    """Let no run begin; one that is running stops between two slices."""
    return _set(sync, "sync.pause", paused=True, by=by)


def resume(sync: AnySync, *, by: By) -> Pause:
    """Let runs begin again."""
    return _set(sync, "sync.resume", paused=False, by=by)


def _ask(session: Session, sync: AnySync) -> Asked:
    answer = gate.decide(session, sync, trigger="api", force=True)
    run_id = answer.run_id if isinstance(answer, gate.Enqueued | gate.Running) else None
    errors = runs.find(session, run_id).errors if run_id is not None else []
    return Asked(
        sync=sync, status=answer.status, run_id=run_id, error=errors[-1] if errors else None
    )


def _answer(
    session: Session,
    sync: str,
    answer: Configured,
) -> SyncEnqueued | NothingBegun:
    match answer:
        case gate.Enqueued(run_id=run_id):
            return SyncEnqueued(status="enqueued", run_id=run_id, sync=sync)
        case gate.Fresh(since=since):
            return Fresh(status="fresh", sync=sync, since=since)
        case gate.Running(run_id=run_id, released=released, queued=queued):
            return Running(
                status="running", sync=sync, run_id=run_id, released=released, queued=queued,
                follow_up=_follows(session, sync),
            )  # fmt: skip
        case gate.Paused():
            return Paused(status="paused", sync=sync)
        case gate.Waiting(not_before=moment):
            return Waiting(status="waiting", sync=sync, not_before=moment)


def _follows(session: Session, sync: str) -> bool:
    """Whether one more run was asked for behind the one that is on its way."""
    state = states.find(session, sync)
    return state is not None and state.follow_up is not None


def _brought(answer: gate.Answer) -> Json:
    """What an operator brought about, for the audit; empty: nothing."""
    match answer:
        case gate.Enqueued(run_id=run_id):
            return {"run": run_id}
        case gate.Running(run_id=run_id, released=released, queued=queued) if released or queued:
            return {"run": run_id, "released": released, "queued": queued}
    return {}


def _set(sync: AnySync, what: str, *, paused: bool, by: By) -> Pause:
    with writing() as session:
        states.pause(session, sync.name, paused=paused)
        by.note(session, what, sync.name)
    return Pause(sync=sync.name, paused=paused)
