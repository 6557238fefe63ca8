"""Asking for an act on many rows, and stopping one. Nothing here touches the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import RefusedError
from db.session import reading, writing
from db.work import acts
from syncs.acts import canaries
from syncs.acts.by import By
from syncs.views.acts import ActKind, BulkAct, whole


class ReasonMissing(RefusedError):  # noqa: N818, named for what happened
    """An act on more than one row wants a reason."""

    def __init__(self, matching: int) -> None:
        super().__init__(f"{matching} rows match: an act on more than one needs a reason.")


def count(kind: ActKind, which: Mapping[str, str]) -> int:
    """How many open rows an act of this kind would be about now."""
    with reading() as session:
        return acts.count(session, kind, which)


def ask(kind: ActKind, which: Mapping[str, str], *, by: By, canary: int | None = None) -> BulkAct:
    """The act, due: ring for it. It is about the rows that are open and match now, no later ones.

    ``canary`` failures of each cause are retried and no more; without it ``CanaryRunning`` or
    ``RefusedError`` (CANARY_FAILED) while the last canary of a cause that matches is in the way.
    ``ReasonMissing`` when more than one row matches and nobody says why.
    """
    with writing() as session:
        ids = None
        if canary is not None:
            ids = canaries.choose(session, which, canary)
        elif kind == "failure.retry":
            canaries.require_good(session, which)
        act = acts.ask(
            session, kind=kind, which=which, who=by.who, why=by.why, canary=canary, ids=ids
        )
        if act.matching > 1 and by.why is None:
            raise ReasonMissing(act.matching)
        by.note(
            session, kind, f"act {act.id}", filter=dict(which), matching=act.matching,
            canary=canary,
        )  # fmt: skip
        session.refresh(act)
        return whole(act)


def stop(act_id: int, *, by: By) -> BulkAct:
    """Stop an act: at once when nobody is at it, else before its next slice.

    ``RefusedError`` when it is over, ``NotFoundError`` when there is none.
    """
    with writing() as session:
        act = acts.request_stop(session, act_id)
        by.note(session, "act.stop", f"act {act_id}")
        return whole(act)
