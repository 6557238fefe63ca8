"""A till that takes another one's place: its numbers, its keys and its refusals go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import NotFoundError, RefusedError
from db.access import audit
from db.models import Sale, Terminal
from db.session import reading
from db.tills import terminals
from db.work import rejects
from syncs.acts import terminals as acts
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sales.process import process
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    Till,
    add,
    adjust,
    codes,
    count,
    open_rejects,
    sale,
    sales,
    sold,
    stock_of,
)

OPS = By("ops")


def test_a_till_that_replaces_another_has_its_numbers(till, beside):
    till.send(sale("A"))
    acts.replace("0a1b", "0a1d", by=OPS)

    answer = beside.send(sale("A"), sale("B"))

    assert codes(answer) == ["DOUBLON"]
    assert sold() == [("A", 1), ("B", 3)]
    with reading() as session:
        old, new = session.get_one(Terminal, 1), session.get_one(Terminal, 3)
        (noted,) = audit.recent(session)
    assert (old.active, new.active, new.replaces_id) == (False, True, 1)
    assert (noted.what, noted.subject) == ("terminal.replace", "terminal 1")


def test_what_the_old_one_had_in_the_queue_is_known_to_be_the_same(till, beside):
    late = till.receive(sale("A"))
    acts.replace("1", "3", by=OPS)
    beside.send(sale("A"))

    process(late.batch_id)

    assert codes(till.answer(late.batch_id)) == ["DOUBLON"]
    assert (count(Sale), open_rejects()) == (1, [])


def test_a_line_of_three_shares_one_series(till, beside):
    third = add(4, "Caisse 3")
    till.send(sale("A"))
    acts.replace("1", "3", by=OPS)
    beside.send(sale("B"))
    acts.replace("3", "4", by=OPS)

    assert codes(third.send(sale("A"), sale("B"), sale("C"))) == ["DOUBLON", "DOUBLON"]
    with reading() as session:
        for ident in (1, 3, 4):
            assert terminals.line(session, 2, ident) == (1, 3, 4)
    other = add(5, "Caisse 4")
    assert codes(other.send(sale("A"), sale("C"))) == ["CONFLIT_FACTURE", "CONFLIT_FACTURE"]


def test_a_replacement_closes_what_was_refused_before_it(till, beside, conflict):
    """The new till was used before somebody said that it replaces the old one."""
    acts.replace("1", "3", by=OPS)

    assert codes(beside.send(sale("000001"))) == ["DOUBLON"]
    assert open_rejects() == []
    assert count(Sale) == 1


def test_a_refusal_is_open_once_while_a_replacement_comes_and_goes(till, beside):
    def refuse(each: Till) -> list[int]:
        each.send(sale("A", (CASE, 6)), key="k")
        return [reject.batch_id or 0 for reject in open_rejects()]

    first, second = refuse(till), refuse(beside)
    acts.replace("1", "3", by=OPS)
    assert [refuse(beside), refuse(till)] == [second[1:], first]
    acts.restore("1", by=OPS)

    assert refuse(till) == first
    assert sorted(refuse(beside)) == second


def test_its_conflicts_can_be_replayed_without_another_number_then(till, beside, conflict):
    acts.replace("1", "3", by=OPS)

    replay(conflict.id, number="NEVER", by=OPS)

    assert sold() == [("000001", 1)]
    assert stock_of(PHONE) == 9
    with reading() as session:
        assert rejects.find(session, conflict.id).reason == "replayed by ops"


def test_a_key_of_the_old_one_is_known_with_its_body(till, beside):
    first = till.receive(sale(None), key="k-1")
    process(first.batch_id)
    acts.replace("1", "3", by=OPS)

    again = beside.receive(sale(None), key="k-1")
    other = beside.receive(sale(None, (CASE, 1)), key="k-1")

    assert (again.batch_id, again.replayed) == (first.batch_id, True)
    assert (other.replayed, other.batch_id != first.batch_id) == (False, True)
    assert beside.receive(sale(None, (CASE, 1)), key="k-1").batch_id == other.batch_id


def test_an_unnumbered_refusal_is_not_sold_twice_by_two_of_a_line(till, beside):
    till.send(sale(None, (CASE, 6)))
    (reject,) = open_rejects()
    adjust(CASE, 20)
    acts.replace("1", "3", by=OPS)
    beside.send(sale(None, (CASE, 6)))

    with pytest.raises(RefusedError, match="An equal sale"):
        replay(reject.id, by=OPS)


def test_our_number_that_another_till_used_takes_nothing_away(till, beside):
    received = till.receive(sale(None), key="k")
    process(received.batch_id)
    number = sales()[0].invoice_number
    second = till.receive(sale(None, (CASE, 6)), key="l")
    process(second.batch_id)
    (reject,) = open_rejects()
    assert reject.external_id is not None
    adjust(CASE, 20)
    beside.send(sale(reject.external_id, (CASE, 6)))

    till.send(sale(None, (CASE, 6)), key="l")

    assert sold() == [
        (number, 1), (reject.external_id, 3), (f"{reject.external_id}-{second.batch_id}", 1),
    ]  # fmt: skip


NONSENSE: dict[str, tuple[str, str, str]] = {
    "itself": ("1", "0a1b", "cannot replace itself"),
    "another shop's": ("1", "2", "another shop"),
    "replaced already": ("5", "3", "was replaced by terminal 6 already"),
    "replaces another": ("1", "6", "replaces terminal 5 already"),
    "revoked": ("1", "7", "is revoked"),
    "backwards": ("6", "5", "is revoked"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_replacement_that_makes_no_sense_is_refused(till, beside, name):
    for ident in (5, 6, 7):
        add(ident, f"Caisse {ident}")
    acts.replace("5", "6", by=OPS)
    acts.revoke("7", by=OPS)
    old, new, why = NONSENSE[name]

    with pytest.raises(RefusedError, match=why):
        acts.replace(old, new, by=OPS)

    with reading() as session:
        assert terminals.line(session, 2, 1) == (1,)
        assert session.get_one(Terminal, 1).active


def test_a_terminal_nobody_knows_replaces_none(till):
    for old, new in (("1", "99"), ("nobody", "1")):
        with pytest.raises(NotFoundError):
            acts.replace(old, new, by=OPS)


def test_restoring_the_old_one_undoes_it(till, beside):
    acts.replace("1", "3", by=OPS)

    restored = acts.restore("1", by=OPS)

    assert restored.successor is not None
    assert (restored.changed, restored.successor.id) == (True, 3)
    till.send(sale("A"))
    assert codes(beside.send(sale("A"))) == ["CONFLIT_FACTURE"]
    acts.replace("3", "1", by=OPS)
    with reading() as session:
        assert terminals.line(session, 2, 1) == (3, 1)


def test_two_replacements_at_once_are_one(till, beside):
    add(4, "Caisse 3")

    def attempt(pair: tuple[str, str]) -> str:
        try:
            acts.replace(*pair, by=OPS)
        except RefusedError:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, [("1", "3"), ("3", "1")])) == ["done", "refused"]
    with ThreadPoolExecutor(2) as pool:
        left = "3" if terminals_active(3) else "1"
        assert sorted(pool.map(attempt, [(left, "4"), ("4", left)])) == ["done", "refused"]


def terminals_active(ident: int) -> bool:
    with reading() as session:
        return session.get_one(Terminal, ident).active
