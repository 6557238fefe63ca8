"""A vendor that has feeds: its pages by ``Listing``, and what its family makes of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import ClassVar

import pytest

from connectors import errors
from connectors.connector import Connector
from connectors.families import (
    Feed,
    Feeds,
    Listing,
    Location,
    PointOfSale,
    Product,
    Transaction,
)
from connectors.http.client import HTTPClient
from core.errors import SkippableError
from core.payload import ExternalId, Payload
from tests.connectors.source import serving

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
"""On the day on which Paris loses an hour, and Tokyo does not."""
HOUR = timedelta(hours=1)


class Ticket(Payload):
    id: ExternalId
    place: str
    status: str
    opened_at: datetime


class Article(Payload):
    id: ExternalId


def ticket(record: Ticket) -> Transaction:
    if record.status == "odd":
        raise SkippableError("status: is odd.")
    is_open = record.status == "open"
    return Transaction(
        id=record.id,
        status="open" if is_open else "completed",
        location=record.place,
        currency="EUR",
        total=Decimal(1),
        tax=Decimal(0),
        opened_at=record.opened_at,
        closed_at=None if is_open else record.opened_at + HOUR,
        modified_at=record.opened_at + HOUR,
        items=(),
    )


def one(connector: Connector, ident: str) -> dict[str, object] | None:
    known = next(iter(Listing(path="tickets")(connector))).payloads
    return next((it for it in known if isinstance(it, dict) and it["id"] == ident), None)


class Toy(PointOfSale):
    vendor = "toy"
    base_url = "https://toy.example"
    feeds: ClassVar[Feeds] = {
        "transactions": Feed(
            pages=Listing(path="tickets", since="since"), record=Ticket, read=ticket, one=one
        ),
        "products": Feed(
            pages=Listing(path="articles", since="since"),
            record=Article,
            read=lambda it: Product(id=it.id, name="x", price=None, currency=None),
        ),
    }

    def get_locations(self) -> list[Location]:
        zones = {"P": "Europe/Paris", "T": "Asia/Tokyo"}
        return [
            Location(id=id_, name=id_, timezone=zone, currency="EUR") for id_, zone in zones.items()
        ]


def opened(source) -> Toy:
    return Toy(
        config_dict={
            "api": {"base_url": source.url},
            "auth": {"method": "bearer", "token": "t"},
            "connection": {"max_retries": 0},
        }
    )


def sold(*times: datetime, place: str = "P", status: str = "paid") -> list[dict[str, object]]:
    return [
        {"id": f"{place}{number}", "place": place, "status": status, "opened_at": at.isoformat()}
        for number, at in enumerate(times)
    ]


def answering(*records):
    return serving(lambda call: call.answer([*records]))


def test_what_has_a_feed_is_offered_and_nothing_else():
    with answering() as source, opened(source) as toy:
        offered = {name for name, has in toy.capabilities.items() if has}

        assert offered == {"get_locations", "get_transactions", "get_transaction", "get_products"}
        with pytest.raises(errors.NotSupported, match="Toy has no get_promotions"):
            toy.get_promotions()
        assert source.calls == []


def test_a_period_is_asked_for_from_its_start_and_has_no_end():
    times = (NOON - HOUR, NOON, NOON + HOUR, NOON - 2 * HOUR)
    with answering(*sold(*times)) as source, opened(source) as toy:
        found = [it.id for it in toy.get_transactions(NOON, NOON + 2 * HOUR)]

    assert found == ["P0", "P1"]
    assert source.queries == [{"since": "2026-03-29T12:00:00+00:00"}]


def test_a_day_begins_at_midnight_of_each_location():
    day = date(2026, 3, 29)
    paris = [datetime(2026, 3, 28, 22, 30, tzinfo=UTC) + n * 23 * HOUR for n in range(2)]
    tokyo = [datetime(2026, 3, 28, 14, 30, tzinfo=UTC) + n * 24 * HOUR for n in range(2)]
    with (
        answering(*sold(*paris), *sold(*tokyo, place="T")) as source,
        opened(source) as toy,
    ):
        found = [it.id for it in toy.get_transactions(day, day + timedelta(days=1))]

    # An hour after half past: each first one closes within its location's day, each second after.
    assert found == ["P0", "T0"]
    assert source.queries == [{"since": "2026-03-28T15:00:00+00:00"}]


def test_a_status_and_a_location_are_chosen():
    known = [
        *sold(NOON),
        *sold(NOON, place="T"),
        *({**it, "id": "open"} for it in sold(NOON, status="open")),
    ]
    with answering(*known) as source, opened(source) as toy:
        by_status = toy.get_transactions(NOON, NOON + 2 * HOUR, "open")
        by_place = toy.get_transactions(NOON, NOON + 2 * HOUR, location="T")

        assert [it.id for it in by_status] == ["open"]
        assert [it.id for it in by_place] == ["T0"]


def test_one_is_fetched_or_there_is_none():
    with answering(*sold(NOON)) as source, opened(source) as toy:
        assert toy.get_transaction("P0").id == "P0"
        with pytest.raises(errors.RequestError) as error:
            toy.get_transaction("P1")

    assert error.value.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("record", [{"id": "7"}, {**sold(NOON)[0], "id": "7", "status": "odd"}])
def test_a_record_that_cannot_be_read_is_named(record):
    with (
        answering(record) as source,
        opened(source) as toy,
        pytest.raises(errors.AnswerError, match="Ticket: a record 7 cannot be read"),
    ):
        list(toy.get_transactions(NOON, NOON + HOUR))


def test_an_answer_of_another_shape_is_an_error_of_the_answer():
    with (
        answering() as source,
        opened(source) as toy,
        pytest.raises(errors.AnswerError, match="articles/1"),
    ):
        toy.fetch("articles/1", Article)


def test_products_are_asked_for_by_when_they_changed():
    with answering({"id": 1}) as source, opened(source) as toy:
        assert [it.id for it in toy.get_products()] == ["1"]
        assert [it.id for it in toy.get_products(updated_since=NOON)] == ["1"]

    assert source.queries == [{}, {"since": "2026-03-29T12:00:00+00:00"}]


def test_a_listing_follows_its_cursor_and_keeps_its_period():
    listing = Listing(
        path="v1/tickets", cursor="after", next=("meta", "after"), since="from", until="to"
    )
    answers = [{"tickets": [{"id": 1}], "meta": {"after": "b"}}, {"tickets": [{"id": 2}]}]
    day = date(2026, 3, 29)
    with serving(*(lambda call, it=it: call.answer(it) for it in answers)) as source:
        connector = Connector(HTTPClient(source.url))
        pages = list(listing(connector, since=day, until=day + timedelta(days=1)))

    period = {"from": "2026-03-29", "to": "2026-03-30"}
    assert [page.payloads for page in pages] == [[{"id": 1}], [{"id": 2}]]
    assert source.queries == [period, {**period, "after": "b"}]
    assert pages[0].next_query == {**period, "after": "b"}


def test_a_listing_goes_on_where_it_was():
    listing = Listing(path="tickets", cursor="after", since="from")
    with answering({"id": 3}) as source:
        start = {"from": "2026-03-29", "after": "c"}
        (page,) = listing(Connector(HTTPClient(source.url)), start=start, since=NOON)

    assert (page.payloads, source.queries) == ([{"id": 3}], [start])
