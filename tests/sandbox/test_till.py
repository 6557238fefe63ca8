"""The till, against the product as it is served: what it loses it sends again, once and for all."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from waitress import wasyncore
from waitress.server import create_server

from api import create_app
from db.models import Product, Sale, SalesBatch, Terminal
from db.session import reading, writing
from db.tills import terminals
from sandbox.till import Habits, Loss, Till, catch_up, play
from tests.api.till import CASE, PHONE, SERIAL, count, furnish, numbers, stock_of, work, working
from tests.servers import until

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference" / "sandbox.md"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
BAD = Habits(lose=0.2, cut=0.15, half=0.15, unnumbered=0.1, refund=0.1)


@pytest.fixture
def server(store) -> Iterator[str]:
    """The address of the product's server, in threads of this process; it has 1000 of all."""
    furnish(phones=1000, cases=1000)
    sockets: dict[int, Any] = {}
    served = create_server(create_app(), map=sockets, host="127.0.0.1", port=0, threads=8)
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            wasyncore.loop(timeout=0.05, use_poll=True, map=sockets, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    over.set()
    thread.join()
    served.task_dispatcher.shutdown()
    wasyncore.close_all(sockets)


@pytest.fixture
def till(server) -> Iterator[Till]:
    with working(), Till(server, SERIAL) as made:
        yield made


def recorded() -> dict[str, Decimal]:
    """Every sale of the store with its total; a number that is there twice fails the test."""
    with reading() as session:
        rows = session.execute(select(Sale.invoice_number, Sale.total)).all()
    assert len(rows) == len({number for number, _ in rows})
    return {row.invoice_number: row.total for row in rows}


def test_it_marks_what_stands_in_the_answer(till):
    sold = [till.sell((PHONE, 1, 40000)), till.sell((CASE, 2, "19.99"), remise="0.01")]
    too_much = till.sell((CASE, 999))

    answer = till.send()

    assert answer is not None
    assert answer.status_code == 201
    assert till.synchronised == sold
    assert till.unsent == [too_much]
    assert too_much.refused is not None
    assert too_much.refused["code"] == "STOCK_INSUFFISANT"
    assert recorded() == {sold[0].number: 40000, sold[1].number: Decimal("39.97")}
    assert till.contradictions == []


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("keyed", [True, False])
def test_what_was_lost_is_sent_again_and_is_in_once(till, loss, keyed):
    sale = till.sell((PHONE, 1))
    assert till.send(keyed=keyed, loss=loss) is None
    assert till.unsent == [sale]
    if loss is Loss.HALF:
        assert count(SalesBatch) == 0
    else:
        until(lambda: count(Sale) == 1, what="the sale whose answer was lost")

    answer = till.resend(till.outbox[0])

    assert answer is not None
    assert till.unsent == []
    assert ("Idempotent-Replayed" in answer.headers) == (keyed and loss is not Loss.HALF)
    assert recorded().keys() == {sale.number}
    assert stock_of(PHONE) == 999


def test_regrouped_in_another_order_they_are_in_once(till):
    one, two, three = (till.sell((PHONE, pieces)) for pieces in (1, 2, 3))
    till.send([one, two], loss=Loss.ANSWER)

    till.send([three, two])
    till.send([two, one])

    assert till.unsent == []
    assert recorded().keys() == {one.number, two.number, three.number}
    assert stock_of(PHONE) == 994


def test_sales_without_a_number_are_known_by_their_place(till):
    one, no, two = (
        till.sell((PHONE, pieces), numbered=False, client=str(pieces)) for pieces in (1, 9999, 1)
    )
    till.send(keyed=True, loss=Loss.ANSWER)
    till.resend(till.outbox[0])

    assert till.unsent == [no]
    assert str(one.number).endswith("-0")
    assert str(two.number).endswith("-2")
    assert numbers() == [one.number, two.number]


def test_a_batch_that_is_in_is_asked_for(server):
    with Till(server, SERIAL) as till:
        sale = till.sell((PHONE, 1))
        answer = till.send(prefer="respond-async")
        assert answer is not None
        assert answer.status_code == 202
        assert till.unsent == [sale]

        till.ask(till.outbox[0])
        assert till.unsent == [sale]
        work()
        till.ask(till.outbox[0])

    assert till.synchronised == [sale]


def test_a_refund_puts_all_of_it_back(till):
    till.refund(till.sell((PHONE, 2, 40000), (CASE, 1, "0.50")))

    till.send()

    assert till.unsent == []
    assert (stock_of(PHONE), stock_of(CASE)) == (1000, 1000)
    assert sum(recorded().values()) == 0


@pytest.mark.parametrize("drift", [-7200, 0, 90])
def test_its_clock_may_be_wrong(server, drift):
    with working(), Till(server, SERIAL, drift=timedelta(seconds=drift)) as till:
        sale = till.sell((PHONE, 1))
        till.send()

    with reading() as session:
        offset = session.scalars(
            select(Terminal.clock_offset).where(Terminal.serial == SERIAL)
        ).one()
        row = session.scalars(select(Sale)).one()
    assert offset == pytest.approx(drift, abs=10)
    told = datetime.fromisoformat(sale.body["date_vente"])
    assert row.sold_at == min(told, row.received_at)


@pytest.mark.parametrize(
    ("drift", "code"), [(0, None), (200, None), (-200, None), (400, "INVALID_TIMESTAMP")]
)
def test_it_signs_each_try_anew(server, drift, code):
    token = raise_to(2)
    late = timedelta(seconds=drift)
    with working(), Till(server, SERIAL, level=2, token=token, drift=late) as till:
        till.sell((PHONE, 1))
        till.send(loss=Loss.ANSWER)
        answer = till.resend(till.outbox[0])

    assert answer is not None
    assert answer.json().get("code") == code
    assert len(till.unsent) == (0 if code is None else 1)


def test_a_wrong_signature_is_one(server):
    raise_to(2)
    with Till(server, SERIAL, level=2, token="guessed") as till:
        till.sell((PHONE, 1))
        answer = till.send()

    assert answer is not None
    assert answer.json()["code"] == "INVALID_SIGNATURE"
    assert len(till.unsent) == 1


def test_it_shows_its_token(server):
    token = raise_to(1)
    with working(), Till(server, SERIAL, level=1, token=token) as till:
        till.sell((PHONE, 1))
        till.send()

    assert till.unsent == []


def raise_to(level: int) -> str:
    """The terminal's new token."""
    with writing() as session:
        token = terminals.set_level(session, terminals.find(session, SERIAL), level)
    assert token is not None
    return token


def test_a_bad_day_ends_well(till):
    play(till, [(PHONE, "0.10"), (CASE, "19.99")], steps=60, habits=BAD)

    assert {entry[3] for entry in till.journal if entry[0] == "sent"} == {None, *Loss}
    assert catch_up(till) == []
    assert recorded() == {sale.number: sale.total for sale in till.sales}
    assert till.contradictions == []


def test_a_day_that_is_replayed_is_the_same_day_and_sells_nothing_twice(server):
    days = []
    for _ in range(2):
        with working(), Till(server, SERIAL, seed=7, clock=lambda: NOON) as till:
            play(till, [(PHONE, 1), (CASE, 2)], steps=40, habits=Habits(lose=0.4))
            assert catch_up(till) == []
        days.append((till.journal, recorded()))

    assert days[0] == days[1]


def test_a_server_that_is_away_is_one_more_lost_answer(tmp_path):
    with Till("http://127.0.0.1:9", SERIAL) as till:
        play(till, [(PHONE, 1)], steps=20, habits=Habits())

    assert till.sales == till.unsent == catch_up(till, rounds=1)


@pytest.mark.processes
def test_the_command_plays_a_day_and_tells_how_it_went(server):
    with writing() as session:
        for product in session.scalars(select(Product)):
            product.price = Decimal("0.30")
    told, code = command(server, "--serial", SERIAL, "--steps", "30", "--lose", "0.3")

    assert code == 0
    assert told["sold"] == told["synchronised"] == len(recorded()) > 0
    assert Decimal(told["total"]) == sum(recorded().values())
    assert (told["refused"], told["unsent"], told["contradictions"]) == ([], 0, [])


def command(*arguments: str) -> tuple[dict[str, Any], int]:
    """What ``python -m sandbox.till`` says, and its exit code."""
    with working():
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.till", *arguments],
            cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
    assert done.stderr == ""
    return json.loads(done.stdout), done.returncode


def test_the_reference_names_every_loss_and_every_habit():
    text = REFERENCE.read_text("utf-8")
    for name in [*(loss.name for loss in Loss), *Habits.__dataclass_fields__]:
        assert f"`{name}`" in text or f"`Loss.{name}`" in text, name
