from decimal import Decimal

import core.settings
from db.models import Category, ExternalProduct
from db.session import writing
from tests.cli import given


def test_locks_are_kept_and_category_is_a_spelling(cli, told):
    ident = given.product()

    assert told("products", "lock", ident, "price", "category") == {
        "id": ident,
        "locked": ["price", "category_id"],
    }
    assert told("products", "lock", ident, "title")["locked"] == ["title", "price", "category_id"]

    assert given.read_product(ident).locked_fields == ["title", "price", "category_id"]
    assert given.audited()[0] == ("product.lock", f"product {ident}", None)


def test_to_unlock_makes_the_next_run_write_the_sources_value(cli, told):
    ident = given.product()
    cli("products", "lock", ident, "price", "title")

    said = cli("products", "unlock", "--external", "100", "price")

    assert "next product sync writes the source's price" in said.stderr
    assert given.read_product(ident).locked_fields == ["title"]
    assert given.link(ident).payload_hash is None


def test_what_becomes_of_an_unlocked_stock_is_said(cli, monkeypatch):
    ident = given.product()

    assert "follows the source's changes" in cli("products", "unlock", ident, "stock").stderr
    monkeypatch.setenv("INVENTORY_STOCK_MODE", "mirror")
    core.settings.reset()
    assert "sets the source's" in cli("products", "unlock", ident, "stock", "active").stderr


def test_an_unknown_field_or_product_is_named(cli):
    ident = given.product()

    assert "there are title" in cli("products", "lock", ident, "colour", exit=2).stderr
    cli("products", "lock", ident, exit=2)
    for wrong in ("99", "x", "9" * 30):
        assert f"with the id {wrong}" in cli("products", "lock", wrong, "price", exit=1).stderr
    assert "external id 99" in cli("products", "explain", 99, "--external", exit=1).stderr


def test_an_id_that_two_sources_use_must_be_ours(cli):
    first, second = given.product("100"), given.product(None)
    with writing() as session:
        session.add(ExternalProduct(external_id="100", source="other", product_id=second))

    refused = cli("products", "explain", "--external", "100", exit=1)

    assert f"{first}, {second}" in refused.stderr


def test_a_product_is_explained_field_by_field(cli, told):
    ident = given.product()
    cli("products", "lock", ident, "price")

    found = told("products", "explain", ident)

    assert found["fields"]["price"] == {
        "ours": "12500.0000",
        "source": "13000.0000",
        "locked": True,
    }
    assert found["fields"]["title"] == {"ours": "Rice", "source": "Rice 5 kg", "locked": False}
    assert (found["fields"]["stock"]["ours"], found["fields"]["stock"]["source"]) == (5, 8)
    assert found["link"]["external_id"] == "100"
    assert "13000" in cli("products", "explain", ident).stdout


def test_a_tombstone_and_a_product_of_ours_are_told(cli):
    gone, ours = given.product("1"), given.product(None)
    with writing() as session:
        link = session.query(ExternalProduct).one()
        link.gone_at = given.now()

    assert "has it no longer" in cli("products", "explain", gone).stderr
    assert "made here" in cli("products", "explain", ours).stderr


def test_values_of_ours_are_set_and_locked(cli, told):
    ident = given.product()

    found = told("products", "set", ident, "--price", "99.90", "--sku", "", "--inactive")

    assert found["locked"] == ["sku", "price", "active"]
    product = given.read_product(ident)
    assert (product.price, product.sku, product.active) == (Decimal("99.9"), None, False)
    assert given.audited() == [("product.set", f"product {ident}", None)]


def test_a_value_that_no_source_could_send_is_refused(cli):
    ident = given.product()

    for wrong in (("--price", "-1"), ("--price", "1,5"), ("--title", " "), ("--sku", "x" * 101)):
        cli("products", "set", ident, *wrong, exit=2)
    cli("products", "set", ident, exit=2)
    assert "no category 99" in cli("products", "set", ident, "--category", 99, exit=1).stderr
    assert given.read_product(ident).locked_fields is None


def test_a_category_of_ours_is_set(told):
    ident = given.product()
    with writing() as session:
        session.add(Category(id=5, name="Rice", slug="rice-5"))

    assert told("products", "set", ident, "--category", 5)["locked"] == ["category_id"]


def test_a_sync_leaves_what_is_locked_and_writes_what_is_unlocked(cli, told, b2b):
    cli("sync", "b2b.products")
    before = told("products", "explain", "--external", 1)["fields"]
    cli("products", "set", "--external", 1, "--title", "Ours")
    b2b.catalogue.products.edit(1, price="77.00")

    cli("sync", "b2b.products")
    held = told("products", "explain", "--external", 1)["fields"]
    cli("products", "unlock", "--external", 1, "title")
    cli("sync", "b2b.products")
    freed = told("products", "explain", "--external", 1)["fields"]

    assert (held["title"]["ours"], held["price"]["ours"]) == ("Ours", "77.0000")
    assert freed["title"]["ours"] == before["title"]["ours"]
