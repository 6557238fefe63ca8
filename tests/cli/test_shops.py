import pytest
from sqlalchemy import select

from core import settings
from db.models import AuditEvent
from db.session import reading
from sandbox.catalogue import SITES
from tests.cli import given


def test_a_shop_is_added_with_its_site_and_currency(cli, told):
    added = told("shop", "add", "--name", "Bamako", "--site-id", "12", "--currency", "xof")

    assert added == {
        "id": added["id"],
        "name": "Bamako",
        "site_id": "12",
        "currency": "XOF",
        "stock_policy": "reject",
        "timezone": "Europe/Paris",
    }
    assert told("shop", "list") == [added]
    assert "Bamako" in cli("shop", "list").stdout
    assert given.audited() == [("shop.add", f"shop {added['id']}", None)]


def test_it_says_when_products_are_placed(cli):
    added = cli("shop", "add", "--name", "Paris")

    assert "next product sync" in added.stderr
    assert "EUR" in added.stdout


def test_a_site_belongs_to_one_shop(cli):
    cli("shop", "add", "--name", "Paris", "--site-id", "1")

    assert "belongs to shop" in cli("shop", "add", "--name", "Lyon", "--site-id", 1, exit=1).stderr


def test_names_and_currencies_that_no_column_takes_are_usage_errors(cli):
    cli("shop", "add", "--name", " ", exit=2)
    cli("shop", "add", "--name", "x" * 501, exit=2)
    cli("shop", "add", "--name", "two\nlines", exit=2)
    cli("shop", "add", "--name", "Paris", "--currency", "EURO", exit=2)
    assert "shop add" in cli("shop", "list").stderr


def test_a_shop_has_a_stock_policy_and_a_time_zone(cli, told):
    added = told(
        "shop", "add", "--name", "Bamako", "--stock-policy", "allow", "--timezone", "Africa/Bamako"
    )

    assert (added["stock_policy"], added["timezone"]) == ("allow", "Africa/Bamako")
    listed = cli("shop", "list").stdout
    assert "allow" in listed
    assert "Africa/Bamako" in listed


def test_a_shop_is_where_the_settings_are_unless_it_says_otherwise(told, monkeypatch):
    monkeypatch.setenv("TIMEZONE", "Africa/Kinshasa")
    settings.reset()

    assert told("shop", "add", "--name", "Kinshasa")["timezone"] == "Africa/Kinshasa"


@pytest.mark.parametrize(
    "zone", ["", "Europe", "Europe/Bamako", "europe/paris", "localtime", "Factory", "../UTC", "+1"]
)
def test_what_is_no_time_zone_is_a_usage_error(cli, told, zone):
    cli("shop", "add", "--name", "Paris", "--timezone", zone, exit=2)
    ident = told("shop", "add", "--name", "Paris")["id"]
    assert "Africa/Bamako" in cli("shop", "set", ident, "--timezone", zone, exit=2).stderr


def test_a_shop_can_be_changed(cli, told):
    before = told("shop", "add", "--name", "Paris")
    ident = before["id"]

    first = told("shop", "set", ident, "--stock-policy", "allow", "--name", "Paris 11e")
    second = told("shop", "set", ident, "--timezone", "Europe/Brussels")
    again = cli("shop", "set", ident, "--timezone", "Europe/Brussels")

    assert first == before | {"stock_policy": "allow", "name": "Paris 11e"}
    assert second == first | {"timezone": "Europe/Brussels"}
    assert "was so already" in again.stderr
    assert told("shop", "list") == [second]
    with reading() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        acts = [(event.what, event.subject, event.details) for event in events]
    assert acts[1:] == [
        ("shop.set", f"shop {ident}", {"stock_policy": "allow", "name": "Paris 11e"}),
        ("shop.set", f"shop {ident}", {"timezone": "Europe/Brussels"}),
    ]


def test_wrong_changes_are_refused(cli, told):
    ident = told("shop", "add", "--name", "Paris")["id"]

    assert "Give --name" in cli("shop", "set", ident, exit=2).stderr
    cli("shop", "set", ident, "--stock-policy", "never", exit=2)
    cli("shop", "set", ident, "--name", " ", exit=2)
    cli("shop", "set", 0, "--name", "Paris", exit=2)
    assert "no shop 99" in cli("shop", "set", 99, "--name", "Paris", exit=1).stderr


def test_a_new_shop_takes_in_the_products_at_the_next_sync(cli, told, b2b):
    cli("sync", "b2b.products")
    assert told("status")["totals"]["products_without_shop"] == 12

    for site in range(1, SITES + 1):
        cli("shop", "add", "--name", f"Site {site}", "--site-id", site)
    cli("sync", "b2b.products")

    assert told("status")["totals"]["products_without_shop"] == 0
