"""A record that only the database refuses: it falls, and the rest of its page is written."""

import pytest
from sqlalchemy import text

from db.session import writing
from sandbox import b2b as inventory
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, mismatches, movements, product, products, rejects
from tests.syncs.running import counts, sync_now

SQLITE = """
CREATE TRIGGER no_{event} BEFORE {event} ON products WHEN NEW.title = 'Interdit'
BEGIN SELECT RAISE(ABORT, 'not for sale'); END
"""
POSTGRESQL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title = 'Interdit' THEN RAISE EXCEPTION 'not for sale'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_interdit BEFORE INSERT OR UPDATE ON products
FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def strict(b2b: inventory.B2B) -> inventory.B2B:
    """The inventory, and a database that takes no product called "Interdit"."""
    with writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            for event in ("insert", "update"):
                session.execute(text(SQLITE.format(event=event)))
        else:
            session.execute(text(POSTGRESQL))
    return b2b


def test_only_the_guilty_record_is_refused(strict):
    strict.catalogue.products.edit(14, name="Interdit")

    done = sync_now(PRODUCTS)

    assert done["status"] == "partial"
    assert counts(done) == {"created": 24, "errors": 1}
    assert set(products()) == {str(n) for n in range(1, 26) if n != 14}
    [reject] = rejects()
    assert (reject.external_id, reject.code) == ("14", "REFUSED_BY_DATABASE")
    assert "not for sale" in reject.message
    assert mismatches() == []


def test_a_refused_change_leaves_the_product_as_it_was(strict):
    sync_now(PRODUCTS)
    strict.catalogue.products.edit(14, name="Interdit", stock=99)
    strict.catalogue.products.edit(15, stock=1)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 23, "errors": 1}
    assert (product(14).title != "Interdit", product(14).stock) == (True, 14)
    assert movements(14) == [("opening", 14, 14)]
    assert product(15).stock == 1
    assert mismatches() == []


def test_a_refused_product_is_not_deleted(strict):
    sync_now(PRODUCTS)
    strict.catalogue.products.edit(14, name="Interdit")

    sync_now(PRODUCTS)

    assert product(14).gone_at is None
    assert product(14).active


def test_every_record_of_a_page_may_be_refused(strict):
    for n in range(11, 21):
        strict.catalogue.products.edit(n, name="Interdit")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 15, "errors": 10}
    assert {reject.code for reject in rejects()} == {"REFUSED_BY_DATABASE"}


def test_a_page_with_bad_refused_new_changed_and_repeated_records_is_counted_exactly(strict):
    sync_now(PRODUCTS)
    source = strict.catalogue.products
    source.edit(1, name="Interdit")
    source.edit(2, price="free")
    source.edit(3, stock=0)
    source.add_raw(source.text(3), position=3)
    source.add(position=4, name="Attiéké")

    done = sync_now(PRODUCTS)

    assert counts(done) == {
        "created": 1, "updated": 1, "unchanged": 22, "errors": 2, "duplicates": 1
    }  # fmt: skip
    assert done["total"] == 26
    assert mismatches() == []


def test_a_refused_record_is_written_when_the_database_takes_it(strict):
    strict.catalogue.products.edit(14, name="Interdit")
    sync_now(PRODUCTS)
    strict.catalogue.products.edit(14, name="Permis")

    done = sync_now(PRODUCTS)

    assert (done["status"], counts(done)) == ("succeeded", {"created": 1, "unchanged": 24})
    assert rejects() == []


def test_a_record_refused_without_a_change_upstream_is_tried_again(strict):
    strict.catalogue.products.edit(14, name="Interdit")
    sync_now(PRODUCTS)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 24, "errors": 1}
    assert len(rejects()) == 1


def test_a_slug_is_cut_to_what_its_column_holds(b2b):
    # Compatibility characters are spelled out in a slug: three letters for one.
    b2b.catalogue.categories.edit(3, name="㍱" * 500)

    done = sync_now(CATEGORIES)

    assert (done["status"], counts(done)) == ("succeeded", {"created": 6})
    assert len(category(3).slug) <= 600
    assert category(3).slug.endswith("-3")
