"""Shops over HTTP: what is seen of them, what is done with them, and what is refused."""

from __future__ import annotations

import pytest

from db.models import Product
from db.session import reading
from tests import sold

SHOPS = "/api/ops/shops"


@pytest.fixture
def two(store) -> tuple[int, int]:
    """Two shops with a till each; the second has an article."""
    made = sold.shop("Paris"), sold.shop("Lyon")
    sold.article(made[1])
    return made


def test_shops_are_listed_with_what_they_have(ask, two):
    one, other = ask(f"GET {SHOPS}", role="viewer").get_json()["results"]

    assert (one["id"], one["is_default"], one["articles"], one["terminals"]) == (two[0], True, 0, 1)
    assert (other["id"], other["is_default"], other["articles"]) == (two[1], False, 1)
    assert ask(f"GET {SHOPS}/{two[1]}", role="viewer").get_json() == other


def test_a_shop_is_added(ask, store):
    made = ask(f"POST {SHOPS}", json={"name": "Bamako", "site_id": " 12 ", "currency": "xof"})

    assert (made.status_code, made.headers["Location"]) == (201, f"{SHOPS}/1")
    shop = made.get_json()
    assert (shop["site_id"], shop["currency"], shop["timezone"]) == ("12", "XOF", "Europe/Paris")
    again = ask(f"POST {SHOPS}", json={"name": "Bamako", "site_id": "12"})
    assert (again.status_code, again.get_json()["code"]) == (409, "REFUSED")
    assert "Site 12 belongs to shop 1" in again.get_json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "A", "site_id": "x" * 65}, "site_id"),
        ({"name": "A", "site_id": 1}, "site_id"),
        ({"name": "A", "currency": "EURO"}, "currency"),
        ({"name": "A", "timezone": "Europe"}, "timezone"),
        ({"name": "A", "day_starts_at": "5h"}, "day_starts_at"),
        ({"name": "A", "day_starts_at": 5}, "day_starts_at"),
        ({"name": "A", "country": "XX"}, "country"),
        ({"name": "A", "country": None}, "country"),
        ({"name": "A", "stock_policy": "never"}, "stock_policy"),
        ({"name": "A", "is_default": True}, "is_default"),
    ],
)
def test_a_wrong_shop_names_its_field(ask, store, body, field):
    answer = ask(f"POST {SHOPS}", json=body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]


def test_a_shop_is_changed(ask, two):
    one, other = two

    changed = ask(f"POST {SHOPS}/{one}/set", json={"sells_from": other, "name": "Paris 11e"})
    night = ask(f"POST {SHOPS}/{one}/set", json={"day_starts_at": "05:00", "country": "ch"})
    default = ask(f"POST {SHOPS}/{other}/set", json={"is_default": True, "site_id": "2"})
    back = ask(f"POST {SHOPS}/{one}/set", json={"sells_from": None, "why": "they have their own"})

    assert (changed.get_json()["articles"], changed.get_json()["name"]) == (1, "Paris 11e")
    assert (night.get_json()["day_starts_at"], night.get_json()["country"]) == ("05:00", "CH")
    assert (default.get_json()["is_default"], default.get_json()["site_id"]) == (True, "2")
    assert (back.get_json()["sells_from"], back.get_json()["articles"]) == (None, 0)
    acts = ask("GET /api/ops/audit").get_json()["results"]
    assert [(act["what"], act["why"]) for act in acts[:2]] == [
        ("shop.set", "they have their own"), ("shop.set", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"name": None}, {"is_default": False}, {"sells_from": 0}, {"stock_policy": None},
        {"timezone": None}, {"currency": "XOF"}, {"day_starts_at": "24:00"}, {"country": "UK"},
    ],
)  # fmt: skip
def test_what_a_shop_cannot_become_names_its_field(ask, two, body):
    answer = ask(f"POST {SHOPS}/{two[0]}/set", json=body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == list(body)


def test_what_may_not_be_is_refused_with_what_to_do(ask, two):
    one, other = two
    ask(f"POST {SHOPS}/{one}/set", json={"site_id": "1"})

    taken = ask(f"POST {SHOPS}/{other}/set", json={"site_id": "1"})
    alone = ask(f"POST {SHOPS}/{one}/set", json={"sells_from": one})
    nobody = ask(f"POST {SHOPS}/{one}/set", json={"sells_from": 999})

    assert (taken.status_code, alone.status_code, nobody.status_code) == (409, 409, 404)
    assert f"Site 1 belongs to shop {one}" in taken.get_json()["detail"]


def test_a_shop_is_deactivated_and_restored(ask, two):
    one, other = two

    assert ask(f"POST {SHOPS}/{one}/deactivate").status_code == 409
    busy = ask(f"POST {SHOPS}/{other}/deactivate", json={"move_articles_to": one})
    assert "active terminals" in busy.get_json()["detail"]
    sold.revoke(other)
    done = ask(f"POST {SHOPS}/{other}/deactivate", json={"move_articles_to": one})

    assert (done.get_json()["moved"], done.get_json()["shop"]["active"]) == (1, False)
    with reading() as session:
        assert [each.shop_id for each in session.query(Product)] == [one]
    assert ask(f"POST {SHOPS}/{other}/restore").get_json()["active"]
