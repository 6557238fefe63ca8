"""Two tills that count alike: two customers are two sales, however equal what they bought."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from core.errors import NotFoundError, RefusedError
from db.access import audit
from db.models import Reject, Sale, Terminal
from db.session import reading, writing
from db.tills import terminals
from db.work import rejects
from syncs.acts import terminals as acts
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sales.process import process
from syncs.views import rejects as views
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    Till,
    adjust,
    count,
    open_rejects,
    sale,
    sales,
    stock_of,
)

OPS = By("ops")


def codes(answer) -> list[str]:
    return [error["code"] for error in answer["ventes_erreurs"] or ()]


def sold() -> list[tuple[str, int]]:
    """(number, terminal) of each sale, oldest first."""
    return [(each.invoice_number, each.terminal_id) for each in sales()]


def add(ident: int, name: str, shop_id: int = 2) -> Till:
    with writing() as session:
        session.add(Terminal(id=ident, shop_id=shop_id, serial=f"s-{ident}", name=name))
    return Till(ident, shop_id)


@pytest.fixture
def conflict(till, beside) -> Reject:
    """Both tills sold a phone as number 000001."""
    till.send(sale("000001"))
    beside.send(sale("000001"))
    (reject,) = open_rejects()
    return reject


def test_the_second_sale_is_no_silent_twin(till, beside):
    till.send(sale("000001"))

    answer = beside.send(sale("000001"))

    assert answer["ventes_creees"] == []
    (error,) = answer["ventes_erreurs"]
    assert (error["code"], error["champ"]) == ("CONFLIT_FACTURE", "numero_facture")
    assert "autre terminal" in error["erreur"]
    assert "inutile de la renvoyer" in error["erreur"]
    assert "deja_enregistree" not in error
    assert (sold(), stock_of(PHONE)) == ([("000001", 1)], 9)
    assert [each.code for each in open_rejects()] == ["CONFLIT_FACTURE"]


def test_whoever_sold_it_and_sends_again_has_a_double(till, beside):
    till.send(sale("000001"))
    for _ in range(3):
        beside.send(sale("000001"))
        assert codes(till.send(sale("000001"))) == ["DOUBLON"]

    assert len(open_rejects()) == 1


def test_the_refusals_of_two_tills_are_two(till, beside):
    third = add(4, "Caisse 3")
    for each in (till, beside, third, beside, third):
        each.send(sale("000001"))

    assert len(open_rejects()) == 2
    for number, reject in enumerate(open_rejects(), 2):
        replay(reject.id, number=f"00000{number}-bis", by=OPS)
    assert sold() == [("000001", 1), ("000002-bis", 3), ("000003-bis", 4)]
    assert stock_of(PHONE) == 7


def test_what_two_tills_lack_the_stock_for_waits_twice(till, beside):
    """Not only in conflicts: each of the two was sold to somebody."""
    for each in (till, beside):
        each.send(sale("A", (CASE, 6)))
    assert len(open_rejects()) == 2

    adjust(CASE, 10)
    till.send(sale("A", (CASE, 6)))

    (left,) = open_rejects()
    assert codes(beside.send(sale("A", (CASE, 6)))) == ["CONFLIT_FACTURE"]
    assert [(each.code, each.state) for each in open_rejects()] == [("CONFLIT_FACTURE", "open")]
    with reading() as session:
        assert rejects.find(session, left.id).state == "discarded"


def test_a_conflict_is_sold_under_another_number(till, beside, conflict):
    replay(conflict.id, number=" C2-000001 ", by=OPS)

    assert sold() == [("000001", 1), ("C2-000001", 3)]
    assert sales()[1].sent_number == "000001"
    assert (open_rejects(), stock_of(PHONE)) == ([], 8)
    with reading() as session:
        assert rejects.find(session, conflict.id).reason == "replayed by ops as C2-000001"
        (noted,) = audit.recent(session)
    assert (noted.what, (noted.details or {})["number"]) == ("reject.replay", " C2-000001 ")


def test_its_till_then_hears_that_it_is_in(till, beside, conflict):
    replay(conflict.id, number="C2-000001", by=OPS)

    for _ in range(2):
        answer = beside.send(sale("000001"))
        (made,) = answer["ventes_creees"]
        assert (made["numero_facture"], made["deja_enregistree"]) == ("000001", True)
        (error,) = answer["ventes_erreurs"]
        assert (error["code"], error["deja_enregistree"]) == ("DOUBLON", True)
        assert "C2-000001" in error["erreur"]
    assert codes(till.send(sale("000001"))) == ["DOUBLON"]
    assert (count(Sale), stock_of(PHONE), open_rejects()) == (2, 8, [])


def test_another_sale_of_its_till_under_that_number_is_a_conflict_still(till, beside, conflict):
    replay(conflict.id, number="C2-000001", by=OPS)

    assert codes(beside.send(sale("000001", (CASE, 1)))) == ["CONFLIT_FACTURE"]
    assert codes(beside.send(sale("C2-000001", (CASE, 1)))) == ["CONFLIT_FACTURE"]
    assert codes(till.send(sale("C2-000001"))) == ["CONFLIT_FACTURE"]
    assert codes(beside.send(sale("C2-000001"))) == ["DOUBLON"]


def test_under_a_key_what_was_cured_counts_as_sold_by_its_batch(till, beside):
    till.send(sale("A"))
    batch = (sale("A"), sale("B", (CASE, 1)))
    assert codes(beside.send(*batch, key="k")) == ["CONFLIT_FACTURE"]
    (reject,) = open_rejects()
    replay(reject.id, number="A-2", by=OPS)

    again = beside.send(*batch, key="k")

    assert again["statistiques"] == {"total_envoyees": 2, "reussies": 2, "erreurs": 0}
    assert [made["numero_facture"] for made in again["ventes_creees"]] == ["A", "B"]
    assert count(Sale) == 3


def test_two_sales_of_one_number_in_a_batch_are_both_its_own_when_one_was_cured(till):
    batch = (sale("A"), sale("A", (CASE, 1)))
    till.send(*batch, key="k")
    (reject,) = open_rejects()
    replay(reject.id, number="A-2", by=OPS)

    again = till.send(*batch, key="k")

    assert (again["statistiques"]["reussies"], again["ventes_erreurs"]) == (2, None)


def test_a_changed_sale_of_the_same_till_is_cured_alike(till):
    till.send(sale("A"))
    till.send(sale("A", (CASE, 1)))
    (reject,) = open_rejects()

    replay(reject.id, number="A-bis", by=OPS)

    assert codes(till.send(sale("A"), sale("A", (CASE, 1)))) == ["DOUBLON", "DOUBLON"]
    assert sold() == [("A", 1), ("A-bis", 1)]


@pytest.mark.parametrize("number", ["000001", " 000001", "TAKEN", "\ufeffTAKEN "])
def test_a_number_that_is_taken_cures_nothing(till, conflict, number):
    till.send(sale("TAKEN", (CASE, 1)))

    with pytest.raises(RefusedError, match="existe déjà"):
        replay(conflict.id, number=number, by=OPS)

    assert [each.id for each in open_rejects()] == [conflict.id]
    assert stock_of(PHONE) == 9


@pytest.mark.parametrize("number", ["", "  ", "\u200b", "A" * 65, "A\nB", "A\x00B", "\ud800"])
def test_what_is_no_number_is_refused(conflict, number):
    with pytest.raises(RefusedError, match="1 to 64 characters"):
        replay(conflict.id, number=number, by=OPS)

    assert [each.id for each in open_rejects()] == [conflict.id]


def test_a_sale_whose_number_is_free_keeps_it(till):
    till.send(sale("A", (CASE, 6)))
    (reject,) = open_rejects()
    adjust(CASE, 10)

    with pytest.raises(RefusedError, match="Number A is free"):
        replay(reject.id, number="B", by=OPS)
    assert (count(Sale), len(open_rejects())) == (0, 1)

    replay(reject.id, by=OPS)
    assert sold() == [("A", 1)]


def test_a_conflict_is_sold_once_however_often_it_is_replayed(conflict):
    def cure(number: str) -> str:
        try:
            replay(conflict.id, number=number, by=OPS)
        except RefusedError as error:
            return str(error)
        return "sold"

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(cure, ("X", "Y")))

    assert sorted(said)[1] == "sold"
    assert "replayed already" in min(said)
    assert (count(Sale), stock_of(PHONE)) == (2, 8)


def test_of_two_batches_at_once_one_is_sold_and_one_waits(till, beside):
    """Whichever comes second, it is a conflict, and the database refuses nothing."""
    adjust(PHONE, 100)
    received = [
        each.receive(*(sale(f"{turn}-{number}") for number in range(5)))
        for turn in range(5)
        for each in (till, beside)
    ]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(process, [each.batch_id for each in received]))

    assert done == ["done"] * 10
    assert (count(Sale), stock_of(PHONE)) == (25, 85)
    assert [each.code for each in open_rejects()] == ["CONFLIT_FACTURE"] * 25


def test_an_operator_sees_shop_terminal_and_both_sales(conflict):
    with reading() as session:
        shown = views.find(session, conflict.id, opened=True)

    assert shown.shop is not None
    assert shown.terminal is not None
    assert shown.conflicts_with is not None
    assert (shown.shop.id, shown.shop.name) == (2, "Ma Boutique")
    assert (shown.terminal.id, shown.terminal.name) == (3, "Caisse 2")
    assert shown.payload == sale("000001")
    first = shown.conflicts_with
    assert (first.invoice_number, first.terminal) == ("000001", "Terminal messie vanza")
    assert (first.total, [line.title for line in first.lines]) == ("40000.00", ["Samsung S24"])


# A till that takes another one's place


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


def test_amounts_of_a_cured_sale_are_those_that_were_sent(till, beside):
    till.send(sale("A"))
    beside.send(sale("A", (CASE, -1), remise=2))
    (reject,) = open_rejects()

    replay(reject.id, number="B", by=OPS)

    assert (sales()[1].total, sales()[1].discount) == (Decimal(-24998), Decimal(-2))
