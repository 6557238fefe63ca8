"""The stand-in of the art site: its export, its pages, its key."""

import pytest
import requests

from sandbox import template
from sandbox.faults import HTML, CountLie, Drift, Missing, Slow, Status


@pytest.fixture
def site():
    with template.serve(paintings=25, orders=12, users=4, key="secret") as source:
        yield source


@pytest.fixture
def ask(site, session):
    def get(path, **parameters):
        return session.get(
            f"{site.url}/api/export/{path}",
            params=parameters, headers={"X-API-Key": "secret"}, timeout=10,
        )  # fmt: skip

    return get


def test_the_same_seed_gives_the_same_bytes(ask):
    with template.serve(paintings=25, orders=12, users=4, key="secret") as other:
        again = requests.get(
            f"{other.url}/api/export/full", headers={"X-API-Key": "secret"}, timeout=10
        )

    assert again.content == ask("full").content


@pytest.mark.parametrize("path", ["settings", "paintings", "orders", "stats", "full"])
def test_nobody_enters_without_the_key(site, session, path):
    assert session.get(f"{site.url}/api/export/{path}", timeout=10).status_code == 401
    site.key = "other"
    headers = {"X-API-Key": "secret"}
    url = f"{site.url}/api/export/{path}"
    assert session.get(url, headers=headers, timeout=10).status_code == 401


def test_pages_go_by_offset_and_the_last_is_short(ask):
    pages = [ask("paintings", limit=10, offset=offset).json() for offset in (0, 10, 20, 30)]

    assert [page["count"] for page in pages] == [10, 10, 5, 0]
    assert [one["id"] for page in pages for one in page["data"]] == list(range(1, 26))


@pytest.mark.parametrize(("count", "told"), [("page", 5), ("whole", 12), ("none", None)])
def test_count_is_the_pages_the_wholes_or_left_away(site, ask, count, told):
    site.count = count

    assert ask("orders", limit=5).json().get("count") == told


def test_a_site_may_give_less_than_is_asked_for(site, ask):
    site.largest = 4

    assert len(ask("paintings", limit=1000).json()["data"]) == 4


def test_full_is_all_tables_and_its_items_may_stand_apart(site, ask):
    inside = ask("full").json()["data"]
    site.items_apart = True
    apart = ask("full").json()["data"]

    assert inside.keys() | {"order_items"} == apart.keys()
    assert "items" not in apart["orders"][0]
    items = [item for order in inside["orders"] for item in order["items"]]
    assert len(apart["order_items"]) == len(items)
    told = [{**item, "order_id": None} for item in apart["order_items"]]
    assert told == [{**item, "order_id": None} for item in reversed(items)]
    assert {item["order_id"] for item in apart["order_items"]} == set(range(1, 13))


def test_some_orders_were_made_at_a_microsecond(ask):
    fine = [order["id"] for order in ask("orders").json()["data"] if "." in order["order_date"]]

    assert fine == [4, 8, 12]


@pytest.fixture
def knobs(site, session):
    """Asks the control door for the knobs, or turns them."""

    def send(method, **changes):
        url = f"{site.url}/_sandbox/knobs"
        return session.request(method, url, json=changes or None, timeout=10)

    return send


def test_another_process_turns_its_knobs(site, ask, knobs):
    before = {"key": "secret", "count": "page", "largest": 1000, "items_apart": False}
    assert knobs("GET").json() == before
    turned = {"key": "other", "count": "whole", "largest": 5, "items_apart": True}
    assert knobs("PATCH", **turned).json() == knobs("GET").json() == turned

    assert ask("orders").status_code == 401
    assert knobs("PATCH", key="secret").json() == turned | {"key": "secret"}
    page = ask("orders").json()
    assert (page["count"], len(page["data"])) == (12, 5)
    assert "order_items" in ask("full").json()["data"]


@pytest.mark.parametrize(
    "change", [{"largest": 0}, {"largest": "5"}, {"count": "some"}, {"key": 7}, {"seed": 2}]
)
def test_a_knob_that_makes_no_sense_is_refused_and_nothing_turns(knobs, change):
    before = knobs("GET").json()

    assert knobs("PATCH", **{"count": "none"} | change).status_code == 400
    assert knobs("GET").json() == before


def test_faults_strike_one_table(site, ask):
    site.faults.add(
        HTML(endpoint="users"), Missing(endpoint="settings"), Status(endpoint="stats", status=500),
        CountLie(endpoint="orders", offset=3), Drift(endpoint="paintings", page=2),
        Slow(endpoint="full", seconds=0.01),
    )  # fmt: skip

    assert ask("users").headers["Content-Type"].startswith("text/html")
    assert "data" not in ask("settings").json()
    assert ask("stats").status_code == 500
    assert ask("orders").json()["count"] == 15
    assert ask("paintings", limit=10, offset=10).json()["data"][0]["id"] == 12
    assert ask("full").status_code == 200
    assert ask("exhibitions").status_code == 200
