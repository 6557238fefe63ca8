"""The same again: with a key and without one, with a number and without one."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from db.catalogue import stock
from db.models import SalesBatch, Terminal
from db.session import writing
from db.tills import terminals
from tests.api.till import (
    CASE,
    GUIDE,
    PHONE,
    SYNC,
    Till,
    count,
    furnish,
    numbers,
    sale,
    stock_of,
    work,
    working,
)

REPLAYED = "Idempotent-Replayed"


@pytest.fixture
def till(app, store):
    furnish()
    return Till(app)


def set_status(status):
    with writing() as session:
        session.query(SalesBatch).one().status = status


def test_with_a_key_the_answer_is_the_first_one_byte_for_byte(till):
    with working():
        first = till.post(GUIDE, idempotency_key="k")
    again = till.post(GUIDE, idempotency_key="k", prefer="respond-async")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert "Preference-Applied" not in again.headers
    assert count(SalesBatch) == 1
    assert (stock_of(PHONE), stock_of(CASE)) == (9, 8)


def test_a_key_with_another_body_is_refused_and_keeps_nothing(till):
    till.post(GUIDE, idempotency_key="k", prefer="respond-async")

    for body in ("[" + GUIDE[1:-1] + " ]", [sale("OTHER")]):
        answer = till.post(body, idempotency_key="k")

        assert answer.status_code == 422
        assert answer.data.decode() == (
            '{"error": "Idempotency-Key déjà utilisée pour d\'autres ventes", "code": "KEY_REUSED"}'
        )
    assert count(SalesBatch) == 1


def test_a_key_is_one_terminals_own(till):
    with writing() as session:
        session.add(Terminal(shop_id=2, serial="second", name="Caisse 2"))
    till.post(GUIDE, idempotency_key="k", prefer="respond-async")

    answer = Till(till.app, "second").post([sale("B")], idempotency_key="k", prefer="respond-async")

    assert answer.status_code == 202
    assert REPLAYED not in answer.headers


@pytest.mark.parametrize("status", ["due", "running", "failed"])
def test_what_is_not_worked_off_is_told_so_again(till, status):
    first = till.post(GUIDE, idempotency_key="k", prefer="respond-async")
    set_status(status)

    again = till.post(GUIDE, idempotency_key="k", prefer="wait=1")

    assert again.status_code == 202
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers[REPLAYED] == "true"


def test_who_asks_again_has_the_result_when_it_comes(till):
    till.post(GUIDE, idempotency_key="k", prefer="respond-async")

    with working():
        again = till.post(GUIDE, idempotency_key="k")

    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert again.get_json()["statistiques"]["reussies"] == 2


def test_what_was_refused_is_tried_again_and_what_was_sold_is_not(till):
    batch = [sale("A"), sale("B", (CASE, 11))]
    with working():
        first = till.post(batch, idempotency_key="k")
        still = till.post(batch, idempotency_key="k")
        with writing() as session:
            stock.adjust(session, CASE, 1, "found one")
        later = till.post(batch, idempotency_key="k")
    once_more = till.post(batch, idempotency_key="k", prefer="respond-async")

    told = [answer.get_json()["statistiques"] for answer in (first, still, later)]
    assert [(each["reussies"], each["erreurs"]) for each in told] == [(1, 1), (1, 1), (2, 0)]
    assert [answer.headers.get(REPLAYED) for answer in (first, still, later)] == [
        None,
        "true",
        "true",
    ]
    assert [each["numero_facture"] for each in later.get_json()["ventes_creees"]] == ["A", "B"]
    assert once_more.data == later.data
    assert numbers() == ["A", "B"]
    assert (stock_of(PHONE), stock_of(CASE)) == (9, 0)
    assert count(SalesBatch) == 1


def test_eight_at_once_with_one_key_are_one_batch(till):
    ready = threading.Barrier(8)

    def post(_):
        ready.wait()
        return till.post(GUIDE, idempotency_key="k", prefer="wait=20")

    with working(), ThreadPoolExecutor(8) as pool:
        till.app.config["MOST_WAITING"] = 8
        answers = list(pool.map(post, range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert [answer.headers.get(REPLAYED) for answer in answers].count("true") == 7
    assert count(SalesBatch) == 1
    assert numbers() == ["VENTE-001", "VENTE-002"]


def test_without_a_key_numbers_keep_a_sale_from_being_sold_twice(till):
    till.sold([sale("A"), sale("B")])

    told = till.sold([sale("C"), sale("B"), sale("A")])

    assert numbers() == ["A", "B", "C"]
    assert [each["index"] for each in told["ventes_erreurs"]] == [2, 3]
    assert [each.get("deja_enregistree") for each in told["ventes_creees"]] == [None, True, True]


def test_a_terminal_may_want_duplicates_among_the_errors_only(till):
    with writing() as session:
        session.query(Terminal).filter_by(serial=till.serial).one().duplicates = "errors_only"
    till.sold([sale("A")])

    told = till.sold([sale("A")])

    assert told["ventes_creees"] == []
    assert told["ventes_erreurs"][0]["deja_enregistree"] is True


def test_a_sale_without_a_number_gets_one_at_reception(till):
    told = till.sold([sale(), sale(), sale("MINE"), sale("")])

    made = [each["numero_facture"] for each in told["ventes_creees"]]
    stamp = made[0].split("-")[2]
    assert re.fullmatch(r"\d{14}", stamp)
    assert made == [f"VENTE-2-{stamp}-0", f"VENTE-2-{stamp}-1", "MINE", f"VENTE-2-{stamp}-3"]


def test_without_a_number_it_is_sold_once_with_a_key_and_twice_without(till):
    with_key = [till.post([sale()], idempotency_key="k", prefer="respond-async") for _ in "ab"]
    work()
    without = till.sold([sale()])
    till.sold([sale()])

    assert with_key[0].data == with_key[1].data
    assert "Idempotency-Key" in without["avertissement"]
    assert "avertissement" not in till.post([sale()], idempotency_key="k").get_json()
    assert "avertissement" not in till.sold([sale("N")])
    assert len(set(numbers())) == len(numbers()) == 4


def test_requests_of_one_second_share_no_number(till):
    for _ in range(3):
        till.post([sale()], prefer="respond-async")
    work()

    assert len(set(numbers())) == 3


def test_a_signed_request_is_taken_once_and_one_that_was_refused_may_come_again(till):
    with writing() as session:
        terminal = session.query(Terminal).filter_by(serial=till.serial).one()
        token = terminals.set_level(session, terminal, 2)
    assert token is not None

    def signed(body):
        moment = str(int(time.time()))
        lines = ["POST", SYNC, moment, hashlib.sha256(body.encode()).hexdigest()]
        proof = hmac.new(token.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        return {"X_Device_Timestamp": moment, "X_Device_Signature": proof}

    headers = signed(GUIDE)
    refused = till.post(GUIDE, idempotency_key="é", **headers)
    taken = till.post(GUIDE, prefer="respond-async", **headers)
    again = till.post(GUIDE, prefer="respond-async", **headers)

    told = [answer.get_json().get("code") for answer in (refused, taken, again)]
    assert told == ["INVALID_KEY", None, "SIGNATURE_REPLAYED"]
    assert (taken.status_code, again.status_code) == (202, 401)
    assert count(SalesBatch) == 1
