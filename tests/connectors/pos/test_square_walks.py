"""Walks over Square's orders: cursors that expire, locations by ten, answers that are broken."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from connectors import errors
from connectors.pos import SquareConnector
from connectors.pos.square.search import Search, walk
from sandbox import square
from sandbox.faults import HTML, Cut, Empty, Hang, Missing, Redirect, Status, Truncated
from sandbox.square import orders
from tests.connectors.source import Call, serving

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ALL_OF: dict[str, Any] = {"start_date": NOON, "end_date": NOON + DAY, "status": "completed"}


def sell(
    source: square.Square, count: int, *, every: timedelta = SECOND, locations: int = 1
) -> None:
    places = [str(it["id"]) for it in source.locations][:locations]
    source.add(*orders.made(count, locations=places, start=NOON, every=every))


def searched(source: square.Square) -> int:
    return sum(entry.path == "/v2/orders/search" for entry in source.log)


def test_five_thousand_orders_of_twelve_locations(source, pos):
    sell(source, 5000, every=timedelta(seconds=10), locations=12)

    found = list(pos.get_transactions(**ALL_OF))

    assert len(found) == len({it.id for it in found}) == 5000
    assert {it.location for it in found} == {it["id"] for it in source.locations}
    # Ten locations a search, five hundred orders a page.
    assert searched(source) == 9 + 2


def test_a_cursor_that_expired_begins_again_where_it_was(source, pos, clock):
    sell(source, 1700)
    found = []

    for transaction in pos.get_transactions(**ALL_OF):
        found.append(transaction.id)
        if len(found) in {500, 1200}:
            clock.later(minutes=6)

    assert found == sorted(source.orders)
    assert 400 in {entry.status for entry in source.log}


def test_orders_of_one_instant_come_once_across_an_expired_cursor(source, pos, clock):
    sell(source, 700, every=timedelta())
    found = []

    for transaction in pos.get_transactions(**ALL_OF, location="LFICTIVE1"):
        found.append(transaction.id)
        if len(found) == 500:
            clock.later(minutes=4)

    assert len(found) == len(set(found)) == 700


def test_cursors_that_never_live_are_no_endless_walk(source, pos):
    sell(source, 700, every=timedelta())

    source.cursors.life = timedelta()

    with pytest.raises(errors.PaginationError, match="expire before they lead on"):
        list(pos.get_transactions(**ALL_OF, location="LFICTIVE1"))


def test_cursors_that_never_live_still_lead_on(source, pos):
    sell(source, 1300)
    source.cursors.life = timedelta()

    found = [it.id for it in pos.get_transactions(**ALL_OF, location="LFICTIVE1")]

    assert found == sorted(source.orders)


def test_exactly_five_hundred_orders_end_with_an_empty_page(source, pos):
    sell(source, 500)

    assert len(list(pos.get_transactions(**ALL_OF, location="LFICTIVE1"))) == 500
    assert searched(source) == 2


def test_a_walk_goes_on_from_any_page(source, pos, clock):
    sell(source, 1200)
    search = Search(
        locations=("LFICTIVE1",), states=("COMPLETED",), by="closed_at", start=NOON, end=NOON + DAY
    )
    first, *rest = pos.orders(search)
    clock.later(hours=2)

    resumed = list(pos.orders(search, start=first.next_query))

    known = {order["id"] for page in (first, *resumed) for order in page.payloads}
    assert known == set(source.orders)
    # Of what came before only the orders of that very instant come again.
    assert sum(len(page.payloads) for page in resumed) == sum(len(it.payloads) for it in rest) + 1
    assert resumed[-1].next_query is None


def test_a_token_that_ends_in_the_middle_of_a_walk_is_an_authentication_error(source, pos, clock):
    sell(source, 1200)
    source.tokens[square.DEMO_TOKEN].expires_at = clock.now + timedelta(minutes=1)
    walk = pos.get_transactions(**ALL_OF, location="LFICTIVE1")

    assert len(list(islice(walk, 500))) == 500
    clock.later(minutes=2)
    with pytest.raises(errors.AuthenticationError) as error:
        next(walk)

    assert error.value.reason == "ACCESS_TOKEN_EXPIRED"


def test_a_scope_that_is_missing_is_named(source, pos):
    source.tokens[square.DEMO_TOKEN].scopes = frozenset({"MERCHANT_PROFILE_READ"})

    pos.connect()
    with pytest.raises(errors.ForbiddenError, match=r"orders/search.*\(INSUFFICIENT_SCOPES\)"):
        list(pos.get_transactions(**ALL_OF))

    assert square.DEMO_TOKEN not in repr(source.log.entries())


@pytest.mark.parametrize(
    "fault",
    [Status(status=500), Status(status=503), Cut(), Truncated(), HTML(), Hang(seconds=0)],
    ids=lambda fault: f"{type(fault).__name__}-{getattr(fault, 'status', '')}",
)
def test_a_short_trouble_is_no_trouble(source, pos, fault):
    sell(source, 20)
    source.faults.add(fault.model_copy(update={"endpoint": "orders-search", "times": 1}))

    assert len(list(pos.get_transactions(**ALL_OF, location="LFICTIVE1"))) == 20
    assert searched(source) == 2


def test_an_answer_without_a_body_may_come_better_later(source, pos):
    source.faults.add(Empty(endpoint="orders-search"))

    with pytest.raises(errors.AnswerError) as error:
        list(pos.get_transactions(**ALL_OF))

    assert error.value.is_retriable


@pytest.mark.parametrize("retry_after", [None, 30])
def test_a_storm_of_limits_is_left_to_the_caller_and_not_answered_by_more_calls(
    source, pos, retry_after
):
    source.faults.add(Status(endpoint="orders-search", status=429, retry_after=retry_after))

    with pytest.raises(errors.RateLimitError) as error:
        list(pos.get_transactions(**ALL_OF, location="LFICTIVE1"))

    assert error.value.retry_after == retry_after
    assert searched(source) == 1


def test_a_redirect_is_not_followed(source, pos):
    source.faults.add(Redirect())

    with pytest.raises(errors.RequestError, match="redirect"):
        pos.get_locations()


@pytest.mark.parametrize("field", ["locations", "timezone"])
def test_a_field_that_is_gone_is_named(source, pos, field):
    if field == "locations":
        source.faults.add(Missing(field="locations"))
    else:
        del source.locations[3]["timezone"]

    with pytest.raises(errors.AnswerError, match=field):
        pos.get_locations()


def test_an_order_that_cannot_be_read_is_named_after_those_before_it(source, pos):
    sell(source, 3)
    source.orders["ORD0000001"]["total_money"] = {"amount": 7}
    walk = pos.get_transactions(**ALL_OF, location="LFICTIVE1")

    assert next(walk).id == "ORD0000000"
    with pytest.raises(errors.AnswerError, match=r"ORD0000001 .*total_money\.currency"):
        next(walk)


def test_a_zone_that_nobody_knows_is_named_when_a_day_needs_it(source, pos):
    source.locations[0]["timezone"] = "Mars/Olympus"

    with pytest.raises(errors.AnswerError, match="Mars/Olympus"):
        list(pos.get_transactions(date(2026, 11, 20), date(2026, 11, 21)))
    assert list(pos.get_transactions(NOON, NOON + DAY)) == []


def test_a_location_that_the_seller_does_not_have_is_named_when_a_day_needs_its_zone(pos):
    with pytest.raises(ValueError, match="'NOWHERE'"):
        list(pos.get_transactions(date(2026, 11, 20), date(2026, 11, 21), location="NOWHERE"))


def test_only_the_configured_locations_are_asked_and_nothing_else(source, connect):
    sell(source, 12, locations=12)
    with connect(locations=["LFICTIVE2", "LFICTIVE3"]) as pos:
        found = list(pos.get_transactions(**ALL_OF))

    assert {it.location for it in found} == {"LFICTIVE2", "LFICTIVE3"}
    assert {entry.path for entry in source.log} == {"/v2/orders/search"}


def test_two_zones_are_two_periods(source, pos):
    source.locations[1]["timezone"] = "Asia/Tokyo"
    for number, place in enumerate(("LFICTIVE1", "LFICTIVE2")):
        # Half an hour into the 21st: of Paris, and of Tokyo.
        at = datetime(2026, 11, 20, (23, 15)[number], 30, tzinfo=UTC)
        source.add(orders.sale(f"T{number}", closed_at=at, location=place))
        source.add(orders.sale(f"early{number}", closed_at=at - timedelta(hours=1), location=place))

    found = list(pos.get_transactions(date(2026, 11, 21), date(2026, 11, 22), "completed"))

    assert {it.id for it in found} == {"T0", "T1"}


SCRIPTED = {
    "a cursor that loops": (lambda call: {"cursor": "x"}, errors.PaginationError, "leads back"),
    "a cursor that is no text": (lambda call: {"cursor": 7}, errors.AnswerError, "cursor"),
    "a next page elsewhere": (
        lambda call: {"cursor": "https://thief.example/v2/orders/search?cursor=1"},
        errors.PaginationError,
        "leads back",
    ),
    "a list where an object is": (lambda call: [], errors.AnswerError, "expected"),
    "orders as a text": (lambda call: {"orders": "none"}, errors.AnswerError, "orders"),
}


@pytest.mark.parametrize(("answer", "error", "match"), SCRIPTED.values(), ids=SCRIPTED)
def test_an_answer_that_leads_nowhere_ends_the_walk(answer, error, match):
    def script(call: Call) -> None:
        asked = json.loads(call.body)
        assert "thief" not in call.headers["host"]
        assert asked["location_ids"] == ["L1"]
        call.answer(answer(call))

    with serving(script) as scripted:
        pos = SquareConnector(
            config_dict={
                "api": {"base_url": scripted.url},
                "auth": {"method": "bearer", "token": "t"},
                "connection": {"max_retries": 0},
            }
        )
        with pos, pytest.raises(error, match=match):
            list(pos.get_transactions(**ALL_OF, location="L1"))

    assert len(scripted.calls) <= 3


def test_every_request_names_the_version_that_is_configured(connect):
    with serving(lambda call: call.answer({"orders": []})) as scripted:
        for version in (None, "2026-08-19"):
            api = {"base_url": scripted.url} | ({"version": version} if version else {})
            with connect(api=api) as pos:
                assert list(pos.get_transactions(**ALL_OF, location="L1")) == []

    assert [it.headers["square-version"] for it in scripted.calls] == ["2025-08-20", "2026-08-19"]


def test_a_walk_holds_a_page_however_long_it_is():
    def page(_: str, body: Any) -> object:
        number = int(body.get("cursor", "0"))
        at = orders.instant(NOON + number * SECOND)
        listed = [{"id": f"{number}-{n}", "closed_at": at, "note": "x" * 200} for n in range(500)]
        return {"orders": listed, **({"cursor": str(number + 1)} if number < 99 else {})}

    search = Search(
        locations=("L1",), states=("COMPLETED",), by="closed_at", start=NOON, end=NOON + DAY
    )
    held = []
    tracemalloc.start()
    try:
        for number, _ in enumerate(walk(page, search)):
            if number in {3, 99}:
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    few, many = held
    # Of each page no more than its cursor is left, to notice a loop.
    assert many < 2 * few
