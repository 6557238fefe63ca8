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
        "day_starts_at": "00:00",
        "country": "FR",
        "is_default": True,
        "sells_from": None,
        "active": True,
        "articles": 0,
        "terminals": 0,
    }
    assert told("shop", "list") == [added]
    assert "Bamako" in cli("shop", "list").stdout
    assert given.audited() == [("shop.add", f"shop {added['id']}", None)]


def test_it_says_which_products_are_placed_in_it(cli):
    first = cli("shop", "add", "--name", "Paris")
    numbered = cli("shop", "add", "--name", "Lyon", "--site-id", 2)
    empty = cli("shop", "add", "--name", "Lille")
    abroad = cli("shop", "add", "--name", "Kinshasa", "--currency", "CDF")

    assert "EUR" in first.stdout
    assert "New products that name no site are placed in it" in first.stderr
    assert "Products that name site 2 are placed in it" in numbered.stderr
    for added, ident in ((empty, 3), (abroad, 4)):
        assert "No product sync places anything in it" in added.stderr
        assert "belong to shop 1 (Paris)" in added.stderr
        assert f"'shop set {ident} --site-id N'" in added.stderr
    assert "'shop set 3 --sells-from 1'" in empty.stderr
    assert "--sells-from" not in abroad.stderr


def test_what_it_says_is_what_happens(cli, told, b2b):
    for n in range(1, 13):
        b2b.catalogue.products.edit(n, site_id=2) if n < 3 else (
            b2b.catalogue.products.edit(n, without=("site_id",))
        )
    cli("shop", "add", "--name", "Paris")
    cli("shop", "add", "--name", "Lyon", "--site-id", 2)
    cli("shop", "add", "--name", "Lille")
    cli("sync", "b2b.products")

    assert [shop["articles"] for shop in told("shop", "list")] == [10, 2, 0]
    said = cli("shop", "set", 3, "--sells-from", 1).stderr
    assert "sells the articles of shop 1 (Paris) too" in said
    assert [shop["articles"] for shop in told("shop", "list")] == [10, 2, 10]
    cli("shop", "set", 3, "--no-sells-from")
    cli("shop", "set", 3, "--default")
    cli("shop", "set", 2, "--no-site-id")
    b2b.catalogue.products.add(name="Neuf", site_id=None)
    cli("sync", "b2b.products")

    assert [shop["articles"] for shop in told("shop", "list")] == [10, 2, 1]
    assert [shop["is_default"] for shop in told("shop", "list")] == [False, False, True]


def test_a_shop_is_deactivated_once_nobody_needs_it(cli, told):
    for name in ("Paris", "Lyon"):
        cli("shop", "add", "--name", name)
    given.product(shop_id=2)
    cli("terminal", "add", "--shop", 2, "--serial", "a", "--name", "Caisse 1")

    assert "'shop set ID --default'" in cli("shop", "deactivate", 1, exit=1).stderr
    refused = cli("shop", "deactivate", 2, "--move-articles-to", 1, exit=1).stderr
    assert "active terminals: Caisse 1" in refused
    assert "terminal revoke" in refused
    cli("terminal", "revoke", "a")
    assert "--move-articles-to" in cli("shop", "deactivate", 2, exit=1).stderr
    done = told("shop", "deactivate", 2, "--move-articles-to", 1, "--why", "the lease ended")
    assert (done["active"], done["articles"]) == (False, 0)
    assert told("shop", "list")[0]["articles"] == 1
    assert "'shop restore 2'" in cli("terminal", "restore", "a", exit=1).stderr
    assert "'shop restore 2'" in cli("shop", "set", 2, "--site-id", 2).stderr
    assert told("shop", "restore", 2)["active"]
    assert "was not deactivated" in cli("shop", "restore", 2).stderr
    with reading() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        acts = [(each.what, each.why, each.details) for each in events if "shop." in each.what]
    assert acts[2:] == [
        ("shop.deactivate", "the lease ended", {"to": 1, "moved": 1}),
        ("shop.set", None, {"site_id": "2"}),
        ("shop.restore", None, None),
    ]


def test_articles_that_no_till_can_sell_are_named_where_one_looks(cli, told, b2b):
    cli("shop", "add", "--name", "Paris", "--site-id", 1)
    cli("sync", "b2b.products")
    lost = told("status")["totals"]["products_without_till"]
    assert lost

    for said in (cli("status").stderr, cli("check", exit=3).stdout):
        assert "'shop set ID --site-id 2'" in " ".join(said.split())
    problems = told("check", exit=3)["problems"]
    assert len(problems) == SITES - 1
    for site in range(2, SITES + 1):
        cli("shop", "add", "--name", f"Site {site}", "--site-id", site)
    cli("sync", "b2b.products")
    assert told("check") == {"ok": True, "problems": []}

    cli("terminal", "add", "--shop", 1, "--serial", "a", "--name", "Caisse 1")
    assert "'terminal add --shop 2 …'" in " ".join(cli("check", exit=3).stdout.split())
    assert {each["reason"] for each in told("status")["unsold"]} == {"no_terminal"}


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


def test_a_shop_has_a_country_and_an_hour_at_which_its_days_begin(cli, told):
    added = told("shop", "add", "--name", "Bar", "--day-starts-at", "05:00", "--country", "ci")

    assert (added["day_starts_at"], added["country"]) == ("05:00", "CI")
    changed = told("shop", "set", added["id"], "--day-starts-at", "00:00", "--country", "ML")
    assert changed == added | {"day_starts_at": "00:00", "country": "ML"}


@pytest.mark.parametrize(
    "wrong",
    [
        ("--day-starts-at", "5:00"), ("--day-starts-at", "24:00"), ("--day-starts-at", "05:60"),
        ("--day-starts-at", "\u0660\u0665:00"), ("--day-starts-at", ""),
        ("--country", "XX"), ("--country", "FRA"), ("--country", ""), ("--country", "UK"),
    ],
)  # fmt: skip
def test_what_is_no_country_and_no_time_of_a_day_is_a_usage_error(cli, told, wrong):
    ident = told("shop", "add", "--name", "Bar")["id"]

    assert wrong[0] in cli("shop", "set", ident, *wrong, exit=2).stderr
    assert wrong[0] in cli("shop", "add", "--name", "B", *wrong, exit=2).stderr


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

    assert "what to change" in cli("shop", "set", ident, exit=2).stderr
    both = cli("shop", "set", ident, "--site-id", 1, "--no-site-id", exit=2).stderr
    assert "--no-site-id, not both" in both
    cli("shop", "set", ident, "--sells-from", 2, "--no-sells-from", exit=2)
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
