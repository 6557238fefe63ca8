from sandbox.catalogue import SITES
from tests.cli import given


def test_a_shop_is_added_with_its_site_and_currency(cli, told):
    added = told("shop", "add", "--name", "Bamako", "--site-id", "12", "--currency", "xof")

    assert added == {"id": added["id"], "name": "Bamako", "site_id": "12", "currency": "XOF"}
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


def test_a_new_shop_takes_in_the_products_at_the_next_sync(cli, told, b2b):
    cli("sync", "b2b.products")
    assert told("status")["totals"]["products_without_shop"] == 12

    for site in range(1, SITES + 1):
        cli("shop", "add", "--name", f"Site {site}", "--site-id", site)
    cli("sync", "b2b.products")

    assert told("status")["totals"]["products_without_shop"] == 0
