"""Square's stand-in: who may ask, cursors, versions, keys; what its control door turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox import square
from sandbox.faults import Status
from sandbox.square import orders

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Turned:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def source(clock):
    with square.serve(locations=2, clock=clock) as served:
        yield served


@pytest.fixture
def ask(source, session):
    """The status and the body of what is answered to ``body``, or to a ``GET`` without one."""

    def asked(path: str, body: Any = None, *, token: str = square.DEMO_TOKEN, **params: str):
        answer = session.request(
            "GET" if body is None else "POST",
            f"{source.url}/v2/{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        return answer.status_code, answer.json()

    return asked


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["errors"][0]["code"]


def search(*locations: str, limit: object = 2, **more: Any) -> dict[str, Any]:
    return {
        "location_ids": list(locations or ("LFICTIVE1",)),
        "limit": limit,
        "query": {
            "filter": {
                "state_filter": {"states": ["COMPLETED"]},
                "date_time_filter": {
                    "closed_at": {
                        "start_at": orders.instant(NOON - timedelta(days=1)),
                        "end_at": orders.instant(NOON + timedelta(days=1)),
                    }
                },
            },
            "sort": {"sort_field": "CLOSED_AT", "sort_order": "ASC"},
        },
        **more,
    }


def upsert(source, key: str, price: int, **more: Any) -> dict[str, Any]:
    variation = source.catalogue.object("VARQUICHE") | more
    variation["item_variation_data"]["price_money"] = orders.money(price)
    del variation["updated_at"]
    return {"idempotency_key": key, "batches": [{"objects": [variation]}]}


def test_tokens_are_known_live_and_have_scopes(source, ask, clock):
    source.tokens |= {
        "old": square.Grant(expires_at=NOON),
        "gone": square.Grant(revoked=True),
        "poor": square.Grant(scopes=frozenset({"ORDERS_READ"})),
    }

    assert ask("locations")[0] == 200
    assert code(ask("locations", token="nobody")) == (401, "UNAUTHORIZED")
    assert code(ask("locations", token="old")) == (401, "ACCESS_TOKEN_EXPIRED")
    assert code(ask("locations", token="gone")) == (401, "ACCESS_TOKEN_REVOKED")
    assert code(ask("locations", token="poor")) == (403, "INSUFFICIENT_SCOPES")


def test_a_cursor_lives_five_minutes_and_for_its_own_query(source, ask, clock):
    source.add(*orders.made(5, locations=["LFICTIVE1"], start=NOON, every=timedelta(seconds=1)))
    _, first = ask("orders/search", search())

    _, second = ask("orders/search", search(cursor=first["cursor"]))
    other = ask("orders/search", search("LFICTIVE2", cursor=first["cursor"]))
    clock.now += timedelta(minutes=5)
    late = ask("orders/search", search(cursor=first["cursor"]))

    assert [it["id"] for it in first["orders"] + second["orders"]] == [
        f"ORD{n:07}" for n in range(4)
    ]
    assert code(other) == code(late) == (400, "INVALID_CURSOR")
    assert late[1]["errors"][0]["field"] == "cursor"


def test_a_page_that_is_exactly_full_has_a_cursor_to_an_empty_one(source, ask):
    source.add(*orders.made(2, locations=["LFICTIVE1"], start=NOON, every=timedelta(seconds=1)))

    _, full = ask("orders/search", search())
    _, empty = ask("orders/search", search(cursor=full["cursor"]))

    assert len(full["orders"]) == 2
    assert empty == {}


@pytest.mark.parametrize(
    "body",
    [
        search(*(f"L{n}" for n in range(11))),
        search("LNOBODY"),
        {"location_ids": []},
        {"location_ids": ["LFICTIVE1"]},
        search(limit="many"),
        [],
    ],
    ids=["eleven locations", "an unknown one", "none", "no query", "no number", "no object"],
)
def test_a_search_that_makes_no_sense_is_refused(ask, body):
    assert code(ask("orders/search", body)) == (400, "BAD_REQUEST")


def test_orders_by_their_ids(source, ask):
    source.add(orders.sale("T1", closed_at=NOON))

    assert ask("orders/T1")[1]["order"]["id"] == "T1"
    assert code(ask("orders/T2")) == (404, "NOT_FOUND")
    _, found = ask("orders/batch-retrieve", {"order_ids": ["T1", "T2"]})
    assert [it["id"] for it in found["orders"]] == ["T1"]
    too_many = {"order_ids": [f"T{n}" for n in range(101)]}
    assert ask("orders/batch-retrieve", too_many)[0] == 400
    assert code(ask("nothing")) == (404, "NOT_FOUND")


def test_a_stale_version_is_a_conflict(source, ask):
    stale = upsert(source, "k-1", 1300)
    source.catalogue.touch("VARQUICHE")

    assert code(ask("catalog/batch-upsert", stale)) == (400, "VERSION_MISMATCH")
    source.catalogue.moved_on = (409, "CONFLICT")
    assert code(ask("catalog/batch-upsert", stale)) == (409, "CONFLICT")
    assert source.catalogue.upserts == []


def test_a_key_is_remembered_with_what_it_wrote(source, ask):
    body = upsert(source, "k-1", 1300)

    first, again = ask("catalog/batch-upsert", body), ask("catalog/batch-upsert", body)

    assert first == again
    assert len(source.catalogue.upserts) == 1
    other = upsert(source, "k-1", 1400)
    assert code(ask("catalog/batch-upsert", other)) == (400, "IDEMPOTENCY_KEY_REUSED")


def test_a_batch_stands_or_falls_as_a_whole(source, ask):
    body = upsert(source, "k-1", 1300)
    body["batches"][0]["objects"].append(
        {"type": "ITEM", "id": "#new", "item_data": {"name": "x" * 513}}
    )

    assert code(ask("catalog/batch-upsert", body)) == (400, "INVALID_VALUE")
    data = source.catalogue.object("VARQUICHE")["item_variation_data"]
    assert data["price_money"] == orders.money(1200)


def test_a_limit_strikes_before_a_write_and_trouble_after_it(source, ask):
    source.faults.add(Status(endpoint="catalog-upsert", status=429, retry_after=3, times=1))
    body = upsert(source, "k-1", 1300)

    assert code(ask("catalog/batch-upsert", body)) == (429, "RATE_LIMITED")
    assert source.catalogue.upserts == []

    source.faults.add(Status(endpoint="catalog-upsert", status=599, times=1))
    with pytest.raises(requests.JSONDecodeError):
        ask("catalog/batch-upsert", body)
    assert len(source.catalogue.upserts) == 1


def test_what_changed_since_and_what_was_deleted(source, ask, clock):
    clock.now += timedelta(hours=1)
    source.catalogue.delete("VARCAFE")
    since = {"object_types": ["ITEM_VARIATION"], "begin_time": orders.instant(NOON)}

    assert "objects" not in ask("catalog/search", since)[1]
    _, found = ask("catalog/search", since | {"include_deleted_objects": True})
    assert [it["id"] for it in found["objects"]] == ["VARCAFE"]
    assert found["latest_time"] == orders.instant(clock.now)
    _, listed = ask("catalog/list", types="ITEM,ITEM_VARIATION")
    assert "VARCAFE" not in {it["id"] for it in listed["objects"]}


def test_another_process_has_it_sell(source, session):
    sales = f"{source.url}/_sandbox/sales"

    assert session.post(sales, json={}, timeout=10).json() == {"ids": ["ORD0000000"]}
    sold = session.post(sales, json={"count": 2}, timeout=10).json()

    assert sold == {"ids": ["ORD0000001", "ORD0000002"]}
    assert source.orders.keys() == {"ORD0000000", "ORD0000001", "ORD0000002"}
    assert source.orders["ORD0000001"]["closed_at"] == orders.instant(NOON)
    assert session.post(sales, json={"count": 0}, timeout=10).status_code == 400


def test_its_clock_is_turned_from_another_process(source, session):
    knobs = f"{source.url}/_sandbox/knobs"

    assert session.patch(knobs, json={"later": 360}, timeout=10).json()["later"] == 360.0
    assert source.clock() == NOON + timedelta(minutes=6)
    assert session.patch(knobs, json={"earlier": 1}, timeout=10).status_code == 400
