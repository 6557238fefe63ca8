"""What syncs get of Square: payloads page by page, what changed since, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from connectors import errors
from connectors.families.feeds import AnyFeed
from connectors.page import Page
from connectors.pos import SquareConnector
from core.errors import SkippableError
from core.payload import parse
from sandbox import square
from sandbox.square import orders

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def feed(name: str) -> AnyFeed:
    return SquareConnector.feeds[name]


def sell(source: square.Square, count: int, *, locations: int = 1) -> None:
    places = [str(it["id"]) for it in source.locations][:locations]
    source.add(*orders.made(count, locations=places, start=NOON, every=timedelta(seconds=1)))


def payloads(pages: Iterator[Page]) -> list[dict[str, Any]]:
    return [cast("dict[str, Any]", each) for page in pages for each in page.payloads]


def ids(pages: Iterator[Page]) -> list[str]:
    return [each["id"] for each in payloads(pages)]


def test_every_order_but_drafts_comes_once_in_walks_of_ten_locations(source, pos, clock):
    sell(source, 60, locations=12)
    source.add(
        orders.sale("OPEN1", closed_at=NOON, state="OPEN"),
        orders.sale("GONE1", closed_at=NOON, state="CANCELED"),
        orders.sale("CART1", closed_at=NOON, state="DRAFT"),
    )

    pages = list(feed("transactions").pages(pos))

    assert sorted(ids(iter(pages))) == sorted(source.orders.keys() - {"CART1"})
    assert [len(page.query["walk"].split(",")) for page in pages] == [10, 2]
    assert pages[-1].next_query is None
    assert {page.now for page in pages} == {clock.now}


def test_an_order_has_its_location_beside_it(source, pos):
    source.add(orders.sale("ORD1", closed_at=NOON))
    transactions = feed("transactions")

    (payload,) = payloads(transactions.pages(pos))
    read = transactions.read(parse(transactions.record, payload))

    assert payload["location"] == {
        "id": "LFICTIVE1",
        "name": "Le Vieux Moulin LFICTIVE1",
        "timezone": "Europe/Paris",
        "currency": "EUR",
    }
    assert (read.id, read.timezone) == ("ORD1", "Europe/Paris")
    assert transactions.one is not None
    assert transactions.one(pos, "ORD1") == payload


def test_a_walk_goes_on_in_the_next_locations(source, pos, clock):
    sell(source, 60, locations=12)
    transactions = feed("transactions")
    first = next(iter(transactions.pages(pos)))
    clock.later(hours=1)

    rest = list(transactions.pages(pos, start=first.next_query))

    assert sorted(ids(iter([first, *rest]))) == sorted(source.orders)
    assert len(rest) == 1


def test_a_walk_whose_locations_changed_begins_anew(source, pos, connect):
    sell(source, 60, locations=12)
    transactions = feed("transactions")
    first = next(iter(transactions.pages(pos)))
    chosen = [it["id"] for it in source.locations[3:]]

    with connect(locations=chosen) as other:
        pages = list(transactions.pages(other, start=first.next_query))

    assert {each["location_id"] for each in payloads(iter(pages))} == set(chosen)


def test_only_what_changed_since_is_asked_for(source, pos):
    source.add(
        orders.sale("OLD", closed_at=NOON - DAY),
        # Three days offline: opened long ago, known to Square since now.
        orders.sale("LATE", closed_at=NOON - 3 * DAY)
        | {"updated_at": orders.instant(NOON + timedelta(minutes=1))},
        orders.sale("NEW", closed_at=NOON),
    )
    transactions = feed("transactions")

    assert ids(transactions.pages(pos, since=NOON)) == ["NEW", "LATE"]
    assert ids(transactions.pages(pos, until=NOON)) == ["OLD"]
    assert ids(transactions.pages(pos, since=date(2026, 11, 20))) == ["NEW", "LATE"]


def test_a_location_that_the_seller_does_not_have_is_named(source, connect):
    with (
        connect(locations=["LFICTIVE1", "LGONE"]) as pos,
        pytest.raises(
            errors.RequestError, match="locations: the seller has none with the id LGONE"
        ),
    ):
        list(feed("transactions").pages(pos))


def test_an_order_that_is_not_there_is_none(source, pos):
    source.add(orders.sale("CART1", closed_at=NOON, state="DRAFT"))
    one = feed("transactions").one
    assert one is not None

    assert one(pos, "GONE") is None
    assert one(pos, "CART1") is None


def test_each_variation_has_its_item_beside_it(source, pos):
    products = feed("products")

    found = payloads(products.pages(pos))
    read = {it.id: it for it in (products.read(parse(products.record, p)) for p in found)}

    assert len(found) == 4
    assert all("variations" not in each["item"]["item_data"] for each in found)
    assert read["VARQUICHE"].name == "Quiche du moulin"
    assert products.one is not None
    assert products.one(pos, "VARQUICHE") in found


def test_a_variation_that_changed_alone_keeps_the_name_of_its_item(source, pos, clock):
    clock.later(minutes=1)
    source.catalogue.touch("VARCIDRE")
    products = feed("products")

    (payload,) = payloads(products.pages(pos, since=clock.now))

    assert products.read(parse(products.record, payload)).name == "Cidre brut"
    assert payload["updated_at"] == payload["variation"]["updated_at"]


def test_an_item_that_changed_brings_its_variations(source, pos, clock):
    clock.later(minutes=1)
    (item,) = (it for it in source.catalogue.find(["ITEM"]) if it["item_data"]["name"] == "Café")
    item["item_data"].pop("variations")
    source.catalogue.put(item)

    (payload,) = payloads(feed("products").pages(pos, since=clock.now))

    assert payload["id"] == "VARCAFE"
    # It is the item that is newer, and the bookmark moves on all the same.
    assert payload["updated_at"] == orders.instant(clock.now)


def test_what_was_deleted_says_so(source, pos, clock):
    clock.later(minutes=1)
    source.catalogue.delete("VARCAFE")
    products = feed("products")

    (payload,) = payloads(products.pages(pos, since=clock.now))

    assert products.read(parse(products.record, payload)).deleted
    assert products.one is not None
    assert products.one(pos, "VARCAFE") is None


def test_a_catalogue_begins_anew_when_its_cursor_expired(source, pos, clock):
    source.page_size = 3
    products = feed("products")
    first = next(iter(products.pages(pos)))
    clock.later(minutes=6)

    rest = ids(products.pages(pos, start=first.next_query))

    assert len(rest) == len(set(rest)) == 4


def test_what_is_no_object_is_left_to_the_reader(source, pos, clock):
    source.orders["ODD"] = orders.sale("ODD", closed_at=NOON) | {"total_money": "free"}
    transactions = feed("transactions")
    (payload,) = payloads(transactions.pages(pos))

    with pytest.raises(SkippableError, match="total_money"):
        parse(transactions.record, payload)


def test_a_promotion_has_what_it_points_to_beside_it(source, pos):
    source.catalogue.put(
        {
            "type": "PRICING_RULE",
            "id": "RULE1",
            "pricing_rule_data": {
                "name": "Midi",
                "discount_id": "DISC1",
                "match_products_id": "SET1",
            },
        },
        {
            "type": "DISCOUNT",
            "id": "DISC1",
            "discount_data": {"name": "Midi", "percentage": "10"},
        },
        {"type": "PRODUCT_SET", "id": "SET1", "product_set_data": {"product_ids_any": ["VARCAFE"]}},
    )
    promotions = feed("promotions")

    (payload,) = payloads(promotions.pages(pos))
    read = promotions.read(parse(promotions.record, payload))

    assert (read.id, read.percentage, read.product_ids) == ("RULE1", Decimal(10), ("VARCAFE",))
    assert promotions.one is None
