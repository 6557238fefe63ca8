"""One page with more records than a statement of any database may have parameters."""

import pytest

import core.settings
from db import bulk
from db.catalogue import categories, stock
from db.models import ExternalCategory
from db.records import links
from db.session import writing
from db.work import rejects
from syncs.running.pages import look
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import living, mismatches, product
from tests.syncs.rows import rejects as open_rejects
from tests.syncs.running import counts, sync_now

MANY = [str(n) for n in range(1, 70_001)]


def test_70_000_keys_are_looked_up_in_one_call(b2b):
    sync_now(CATEGORIES)

    with writing() as session:
        here = look(session, CATEGORIES, 99, {})
        assert len(links.known(session, CATEGORIES.kind, "b2b", MANY)) == 6
        assert len(categories.resolve(session, MANY, "b2b")) == 6
        assert len(links.unseen_among(session, ExternalCategory, MANY, here)) == 6
        links.see(session, ExternalCategory, MANY, here)
        assert links.unseen_among(session, ExternalCategory, MANY, here) == []
        links.touch(session, ExternalCategory, range(1, 70_001), here)


def test_70_000_rejects_are_looked_for_and_closed_in_one_call(b2b):
    b2b.catalogue.categories.edit(3, without=("name",))
    sync_now(CATEGORIES)
    kept = {(key, "OTHER") for key in MANY}

    with writing() as session:
        assert rejects.refused_by(session, CATEGORIES.name, 1, MANY) == {"3"}
        rejects.close(session, CATEGORIES.name, set(MANY) - {"3"}, "written")
        assert rejects.count_open(session) == 1
        rejects._drop_other_reasons(session, CATEGORIES.name, 2, kept)
        assert rejects.count_open(session) == 0


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three keys a statement, so that every page has several parts."""
    monkeypatch.setattr(bulk, "AT_ONCE", 3)


@pytest.mark.usefixtures("small_parts")
def test_every_part_of_a_page_is_compared(b2b):
    for n in (2, 9):
        b2b.catalogue.products.edit(n, price="free")
    assert counts(sync_now(PRODUCTS)) == {"created": 23, "errors": 2}
    for n in b2b.catalogue.products:
        b2b.catalogue.products.edit(n, price=n, note="Lettres", stock=n)

    assert counts(sync_now(PRODUCTS)) == {"created": 2, "updated": 23}
    assert open_rejects() == []
    assert [str(product(n).price) for n in (1, 10, 25)] == ["1.0000", "10.0000", "25.0000"]
    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert living() == set(range(1, 26))
    assert mismatches() == []


@pytest.mark.usefixtures("small_parts")
def test_every_part_of_a_page_of_categories_is_compared(b2b):
    sync_now(CATEGORIES)
    for n in (1, 6):
        b2b.catalogue.categories.edit(n, name="Autre")
    for n in range(2, 6):
        # The id twice: other letters, and the same said, so that values are compared.
        text = b2b.catalogue.categories.text(n)
        b2b.catalogue.categories.put_raw(n, text.replace("{", '{"id": 0, ', 1))

    assert counts(sync_now(CATEGORIES)) == {"updated": 2, "unchanged": 4}


@pytest.mark.usefixtures("small_parts")
def test_every_part_of_a_page_is_mirrored(b2b, monkeypatch):
    monkeypatch.setenv("INVENTORY_STOCK_MODE", "mirror")
    core.settings.reset()
    sync_now(PRODUCTS)
    with writing() as session:
        for n in (1, 10, 25):
            stock.adjust(session, product(n).id, 5, "found")

    assert counts(sync_now(PRODUCTS)) == {"updated": 3, "unchanged": 22}
    assert [product(n).stock for n in (1, 10, 25)] == [1, 10, 25]
    assert mismatches() == []
