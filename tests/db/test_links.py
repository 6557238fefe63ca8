"""Links: what a page notes of them, beside what others write meanwhile."""

import pytest
from sqlalchemy import select

from db.catalogue.products import PRODUCTS
from db.models import ExternalProduct, Product
from db.records import links
from db.records.plan import Change, Known, Row, Stored
from db.session import reading, writing

ROW = Row("7", {"title": "Riz"}, hash="1.new")


@pytest.fixture
def link(store) -> Known:
    """A product's link, as a page reads it before it writes."""
    with writing() as session:
        session.add(Product(id=1, title="Riz", price=1))
        session.flush()
        session.add(
            ExternalProduct(external_id="7", source="b2b", product_id=1, payload_hash="1.old")
        )
        session.flush()
        return links.known(session, PRODUCTS, "b2b", {"7"})["7"]


def stored() -> ExternalProduct:
    """The link as it is now."""
    with reading() as session:
        return session.scalars(select(ExternalProduct)).one()


def test_a_record_that_says_the_same_gets_its_new_hash(link):
    with writing() as session:
        links.note_hashes(session, ExternalProduct, [Change(ROW, link, Stored(()))])

    assert stored().payload_hash == "1.new"


def test_a_hash_that_was_taken_away_meanwhile_stays_away(link):
    with writing() as session:
        session.get_one(ExternalProduct, link.id).payload_hash = None

    with writing() as session:
        links.note_hashes(session, ExternalProduct, [Change(ROW, link, Stored(()))])

    assert stored().payload_hash is None
