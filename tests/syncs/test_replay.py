"""Replaying a reject after a fix: the stored payload is written, and the source hears nothing."""

import pytest
from sqlalchemy import text

from core.errors import RefusedError
from db.session import writing
from sandbox import b2b as inventory
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, mismatches, movements, product, products, rejects
from tests.syncs.running import counts, sync_now

FORBID = {
    "sqlite": """CREATE TRIGGER forbidden BEFORE INSERT ON products WHEN NEW.title = 'Interdit'
        BEGIN SELECT RAISE(ABORT, 'not for sale'); END""",
    "postgresql": """ALTER TABLE products ADD CONSTRAINT forbidden CHECK (title <> 'Interdit')""",
}
ALLOW = {
    "sqlite": "DROP TRIGGER forbidden",
    "postgresql": "ALTER TABLE products DROP CONSTRAINT forbidden",
}


def tell(orders: dict[str, str]) -> None:
    """Change what the database takes."""
    with writing() as session:
        session.execute(text(orders[session.get_bind().dialect.name]))


@pytest.fixture
def refused(b2b: inventory.B2B) -> inventory.B2B:
    """A run in which the database refused product 7; the source has forgotten it was asked."""
    tell(FORBID)
    b2b.catalogue.products.edit(7, name="Interdit")
    sync_now(PRODUCTS)
    b2b.log.clear()
    return b2b


def test_a_replay_writes_the_record_without_any_request(refused):
    tell(ALLOW)
    [reject] = rejects()

    replay(reject.id, by=By("Awa"))

    assert (product(7).title, product(7).stock) == ("Interdit", 7)
    assert movements(7) == [("opening", 7, 7)]
    assert refused.log.entries() == []
    assert mismatches() == []


def test_a_replayed_reject_is_closed_in_its_replayers_name(refused):
    tell(ALLOW)
    [reject] = rejects()

    replay(reject.id, by=By("Awa"))

    assert rejects() == []
    [closed] = rejects(state="replayed")
    assert closed.reason == "replayed by Awa"


def test_a_replay_that_the_database_still_refuses_leaves_the_reject_open(refused):
    [reject] = rejects()

    with pytest.raises(RefusedError, match="the database refuses it"):
        replay(reject.id, by=By("Awa"))

    assert len(rejects()) == 1
    assert "7" not in products()


def test_a_reject_is_replayed_once(refused):
    tell(ALLOW)
    [reject] = rejects()
    replay(reject.id, by=By("Awa"))

    with pytest.raises(RefusedError, match="replayed already"):
        replay(reject.id, by=By("Moussa"))

    assert movements(7) == [("opening", 7, 7)]


def test_a_replayed_record_is_unchanged_for_the_next_run(refused):
    tell(ALLOW)
    [reject] = rejects()
    replay(reject.id, by=By("Awa"))

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}


def test_a_replayed_record_that_has_vanished_meanwhile_is_tombstoned_by_the_next_run(refused):
    refused.catalogue.products.delete(7)
    sync_now(PRODUCTS)
    tell(ALLOW)
    [reject] = rejects()
    replay(reject.id, by=By("Awa"))

    done = sync_now(PRODUCTS)

    assert done["deleted"] == 1
    assert living() == set(range(1, 26)) - {7}
