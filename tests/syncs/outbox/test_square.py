"""Commands to Square's stand-in: a write whose answer is lost, items that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from connectors.pos import SquareConnector
from sandbox import square
from sandbox.faults import Hang, Status
from syncs import registry
from syncs.outbox import queue_for_later
from syncs.source import Source
from tests import toy
from tests.given_commands import carry_out, price, row


@pytest.fixture
def source(store, monkeypatch) -> Iterator[square.Square]:
    with square.serve() as served:
        config = {
            "api": {"base_url": served.url},
            "auth": {"method": "bearer", "token": square.DEMO_TOKEN},
            "connection": {"max_retries": 0},
        }
        declared = Source(
            name="square", family="pos", vendor="square", timeout=lambda: 5, advice="no",
            connector=lambda _: SquareConnector(config_dict=config),
        )  # fmt: skip
        monkeypatch.setitem(toy.SOURCES, "square", declared)
        yield served


def put(*prices: dict[str, object]) -> int:
    return queue_for_later("square", "push_prices", prices).outbox_id


def prices() -> dict[str | None, Decimal | None]:
    with registry.find_source("square").open() as pos:
        return {each.sku: each.price for each in pos.get_products()}


@pytest.mark.parametrize("fault", [Hang(seconds=0), Status(status=500)])
def test_a_price_whose_answer_is_lost_is_pushed_once(source, fault):
    source.faults.add(fault.model_copy(update={"endpoint": "catalog-upsert", "times": 1}))
    ident = put(price("PLAT-QUICHE", "2.70"))

    assert [carry_out(ident), carry_out(ident)] == ["waiting", "done"]

    assert prices()["PLAT-QUICHE"] == Decimal("2.70")
    assert len(source.catalogue.upserts) == 1
    (result,) = row(ident).results
    assert (result["key"], result["error"]) == ("PLAT-QUICHE", None)
    assert result["outcome"] in {"updated", "unchanged"}


def test_what_square_refuses_spoils_nothing_else(source):
    source.catalogue.refused.add("VARQUICHE")
    ident = put(price("PLAT-QUICHE", "2.70"), price("PLAT-CREPE", "3.10"), price("NONE", "1.00"))

    assert carry_out(ident) == "done"

    outcomes = [each["outcome"] for each in row(ident).results]
    assert outcomes == ["failed", "updated", "failed"]
    assert row(ident).error == "2 of 3 items failed"
    assert prices()["PLAT-CREPE"] == Decimal("3.10")


def test_what_is_pushed_comes_back_unchanged(source):
    ident = put(price("PLAT-QUICHE", "2.70"))
    carry_out(ident)

    again = put(price("PLAT-QUICHE", "2.70"))

    assert carry_out(again) == "done"
    assert row(again).results[0]["outcome"] == "unchanged"
    assert len(source.catalogue.upserts) == 1
