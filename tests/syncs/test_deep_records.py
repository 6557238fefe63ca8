"""Records nested so deeply that an encoder gives up: each falls alone."""

from typing import Any

import pytest
from sqlalchemy.exc import StatementError

from core import details
from core.errors import RefusedError
from db import bulk
from db.work import rejects as kept
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import product, products, rejects
from tests.syncs.running import counts, sync_now


def deep(levels: int) -> str:
    """Product 7 with a field of so many levels."""
    return '{"id": 7, "name": "Riz", "price": 1, "tree": ' + "[" * levels + "]" * levels + "}"


@pytest.mark.parametrize("levels", [101, 300, 600])
def test_a_record_of_too_many_levels_is_refused_alone(b2b, levels):
    sync_now(PRODUCTS)
    b2b.catalogue.products.put_raw(7, deep(levels))
    b2b.catalogue.products.edit(8, price=3)

    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 23, "errors": 1}

    [reject] = rejects()
    assert (reject.code, reject.field) == ("TOO_DEEP", "tree")
    assert reject.message == "tree: has more than 100 levels."


def test_a_record_of_a_hundred_levels_is_kept(b2b):
    b2b.catalogue.products.put_raw(7, deep(100))

    assert counts(sync_now(PRODUCTS)) == {"created": 25}
    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}


@pytest.mark.parametrize("levels", [101, 600])
def test_a_deep_reject_can_be_read_and_is_refused_again(b2b, levels):
    b2b.catalogue.products.put_raw(7, deep(levels))
    sync_now(PRODUCTS)
    [reject] = rejects()

    assert kept.payload(reject)["name"] == "Riz"
    with pytest.raises(RefusedError, match="more than 100 levels"):
        replay(reject.id, by=By("Awa"))


def test_what_was_kept_before_there_was_a_limit_is_compared(b2b, monkeypatch):
    monkeypatch.setattr(details, "DEEPEST", 300)
    b2b.catalogue.products.put_raw(7, deep(200))
    sync_now(PRODUCTS)
    monkeypatch.undo()
    b2b.catalogue.products.put_raw(7, deep(2))

    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 24}


@pytest.mark.parametrize(
    "error",
    [RecursionError("too deep"), StatementError("too deep", "UPDATE", {}, ValueError("no"))],
)
def test_a_record_that_only_an_encoder_refuses_falls_alone(b2b, monkeypatch, error):
    sync_now(PRODUCTS)
    before = product(7).price
    b2b.catalogue.products.put_raw(7, deep(50))
    b2b.catalogue.products.edit(8, price=3)

    update = bulk.update

    def give_up(*call: Any) -> None:
        if "tree" in str(call[3]):
            raise error
        update(*call)

    # How deep an encoder goes depends on who calls it; this one gives up at once.
    monkeypatch.setattr(bulk, "update", give_up)
    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 23, "errors": 1}
    assert (product(7).price, len(products())) == (before, 25)
    [reject] = rejects()
    assert reject.code == "REFUSED_BY_DATABASE"
    assert "tree" not in reject.message
