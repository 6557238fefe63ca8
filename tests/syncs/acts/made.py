"""Failures and rejects by the thousand, and whoever carries an act out on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update

from db.models import AuditEvent, BulkAct, FailedTask, SyncRun
from db.session import reading, writing
from db.types import db_now
from db.work import acts, causes
from syncs.acts.bulk import asking, slices
from syncs.acts.by import By

AWA = By("operator:awa", "the key was renewed")
CODES = ("UNAUTHORIZED", "TIMEOUT", "HTTP_500")


def run(sync: str = "b2b.products", status: str = "failed", **values: Any) -> int:
    with writing() as session:
        made = SyncRun(**{"sync": sync, "options": {}, "trigger": "cli", "status": status} | values)
        session.add(made)
        session.flush()
        return made.id


def cause(code: str, task: str = "sync.b2b.products") -> str:
    return causes.fingerprint(task, {"code": code})


def fail(
    count: int = 1, code: str = CODES[0], *, run_id: int | None = None, task: str | None = None,
    args: list[object] | None = None,
) -> list[int]:  # fmt: skip
    """So many failures of one cause, of this run; their ids."""
    task = task or "sync.b2b.products"
    row: dict[str, object] = {
        "task": task, "task_id": "t", "args": args if args is not None else [run_id], "kwargs": {},
        "queue": "sync", "run_id": run_id, "fingerprint": cause(code, task), "state": "open",
        "attempts": [{"type": "APIError", "code": code, "message": "It broke."}],
    }  # fmt: skip
    with writing() as session:
        before = len(ids())
        session.execute(insert(FailedTask), [row] * count)
    return ids()[before:]


def ids() -> list[int]:
    with reading() as session:
        return list(session.scalars(select(FailedTask.id).order_by(FailedTask.id)))


def states(code: str | None = None) -> dict[str, int]:
    """How many failures there are in each state, of one cause or of all."""
    with reading() as session:
        query = select(FailedTask.state)
        if code is not None:
            query = query.where(FailedTask.fingerprint == cause(code))
        return dict(Counter(session.scalars(query)))


def act(act_id: int) -> BulkAct:
    with reading() as session:
        return acts.find(session, act_id)


def counts(act_id: int) -> tuple[int, int, int, int, int]:
    """matching, done, refused, skipped, left."""
    row = act(act_id)
    return row.matching, row.done, row.refused, row.skipped, row.left


def expire(act_id: int) -> None:
    """The end of the lease has come, and so has every moment one had to wait for."""
    with writing() as session:
        session.execute(
            update(BulkAct)
            .where(BulkAct.id == act_id)
            .values(lease_until=db_now(-1), not_before=None, rung_at=None)
        )


def audited() -> list[AuditEvent]:
    with reading() as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


@dataclass
class Worker:
    """Carries acts out; ``rung`` is what it rang for, ``posted`` the ids of tasks it sent again."""

    hears: bool = True
    rung: list[tuple[str, int]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    turn: float | None = None

    def work(self, act_id: int, **how: Any) -> str:
        execution = slices.Execution(
            **{
                "ring": lambda task, ident: self.rung.append((task, ident)),
                "send": self._send,
                "watch": lambda line: self.seen.append(line.left),
                "turn": self.turn,
            }
            | how
        )
        return slices.carry_out(act_id, execution)

    def _send(
        self, task: str, *, args: list[object], kwargs: dict[str, object], task_id: str
    ) -> bool:
        if self.hears:
            self.posted.append(task_id)
        return self.hears


def retry(which: dict[str, str] | None = None, **how: Any) -> int:
    """The id of an act that is due."""
    return asking.ask("failure.retry", which or {}, **{"by": AWA} | how).id


def retried_as() -> set[str | None]:
    with reading() as session:
        return set(session.scalars(select(FailedTask.retried_as)))


def runs() -> list[SyncRun]:
    with reading() as session:
        return list(session.scalars(select(SyncRun).order_by(SyncRun.id)))


def finish(worker: Worker, ident: int) -> str:
    """Carry it out as a worker would that is rung for it again after the database broke off."""
    while True:
        try:
            return worker.work(ident)
        except Exception:  # noqa: BLE001, whatever it was is in the act's row
            expire(ident)
