"""Acts on many rejects: each record stands or falls alone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from db.models import Product, Reject
from db.session import reading, writing
from syncs.acts import rejects
from syncs.acts.bulk import asking
from syncs.acts.bulk.asking import ReasonMissing
from syncs.acts.by import By
from tests.cli import given
from tests.properties.crashes import MOMENTS, Bug, Crash, Killed
from tests.syncs.acts import made
from tests.syncs.acts.made import AWA, Worker, act, audited, counts

pytestmark = pytest.mark.usefixtures("store")

GOOD = {"name": "Rice", "price": "12.50", "stock": 4}


def refuse(*good: int, bad: tuple[int, ...] = (), code: str = "INVALID_FIELD") -> None:
    for ident in sorted((*good, *bad)):
        payload = {"id": ident, **(GOOD if ident in good else {"name": "Tea"})}
        given.reject(payload, str(ident), code=code)


def states() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Reject.state).order_by(Reject.id)))


def products() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Product)) or 0


def replay(which: dict[str, str] | None = None) -> int:
    return asking.ask("reject.replay", which or {}, by=AWA).id


def test_what_is_good_is_written_and_what_is_still_wrong_stays_open():
    refuse(1, 3, bad=(2,))
    refuse(4, code="OTHER")
    ident = replay({"code": "INVALID_FIELD"})

    assert Worker().work(ident) == "done"

    assert states() == ["replayed", "open", "replayed", "open"]
    assert counts(ident) == (3, 2, 1, 0, 0)
    assert "price" in act(ident).refusals[0]["detail"]
    assert products() == 2
    with reading() as session:
        assert session.get_one(Reject, 1).reason == "replayed by operator:awa"
    assert [each.what for each in audited()] == ["reject.replay", "act.end"]


def test_what_somebody_else_closed_meanwhile_is_skipped():
    refuse(1, 2, 3)
    ident = replay()

    def discard(line):
        if line.left == 2:
            rejects.discard([2], by=AWA)

    Worker().work(ident, watch=discard)

    assert states() == ["replayed", "discarded", "replayed"]
    assert counts(ident) == (3, 2, 0, 1, 0)


def test_a_payload_that_was_altered_is_named_and_stops_no_other():
    refuse(1, 2)
    with writing() as session:
        session.get_one(Reject, 1).payload = "not sealed"
    ident = replay()

    Worker().work(ident)

    assert counts(ident) == (2, 1, 1, 0, 0)
    assert act(ident).refusals[0]["code"] == "ALTERED"


def test_a_mistake_of_our_own_stops_no_other_and_tells_no_value():
    refuse(1, 2)
    ident = replay()

    with Crash(Bug("Awa Diop, 12 rue des Lilas"), 3, "within", statement=2).armed():
        assert Worker().work(ident) == "done"

    assert counts(ident) == (2, 1, 1, 0, 0)
    assert act(ident).refusals == [
        {"id": 1, "code": "ERROR", "detail": "Bug: a mistake of our own; the log tells more."}
    ]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("transaction", range(1, 9))
def test_whoever_dies_anywhere_each_record_is_written_once(moment, transaction):
    refuse(1, 3, bad=(2,))
    ident = replay()

    with Crash(Killed(), transaction, moment, statement=2).armed():
        try:
            Worker().work(ident)
        except Killed:
            made.expire(ident)
            Worker().work(ident)

    assert states() == ["replayed", "open", "replayed"]
    assert counts(ident) == (3, 2, 1, 0, 0)
    assert products() == 2


def test_those_of_one_code_are_discarded_with_the_reason():
    refuse(1, 2)
    refuse(3, code="OTHER")
    ident = asking.ask("reject.discard", {"code": "INVALID_FIELD"}, by=AWA).id

    assert Worker().work(ident) == "done"

    assert states() == ["discarded", "discarded", "open"]
    assert counts(ident) == (2, 2, 0, 0, 0)
    with reading() as session:
        assert session.get_one(Reject, 1).reason == AWA.why


def test_a_replay_of_more_than_one_wants_a_reason():
    refuse(1, 2)

    with pytest.raises(ReasonMissing):
        asking.ask("reject.replay", {}, by=By("cli:awa"))
    assert states() == ["open", "open"]
