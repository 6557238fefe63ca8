"""Records with children and effects, of a kind that is overwritten: orders, were they updated."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.models import TemplateOrder, TemplateOrderItem
from db.records.kind import Overwrite
from db.records.plan import Context, Written
from syncs.declaration import AnySync
from tests.syncs import rows
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import items, resource

LUNE = {"painting_id": 1, "name": "Lune", "quantity": 1, "price": "10.00"}
MER = {"painting_id": 2, "name": "Mer", "quantity": 2, "price": "20.00"}


@pytest.fixture
def orders(template: Any) -> AnySync:
    """The site's orders, which follow what the site says."""
    template.gallery.orders.edit(3, items=[LUNE, MER])
    sync = resource("orders")
    return replace(sync, kind=replace(sync.kind, change=Overwrite()))


def names(external_id: str) -> list[str]:
    """The names of an order's items, in their order."""
    return [item["name"] for item in items().get(external_id, [])]


def test_children_are_replaced_with_their_record(template, orders):
    sync_now(orders)
    before = items()
    template.gallery.orders.edit(3, items=[MER, LUNE, MER])

    assert counts(sync_now(orders)) == {"updated": 1, "unchanged": 11}
    assert names("3") == ["Mer", "Lune", "Mer"]
    assert {key: held for key, held in items().items() if key != "3"} == {
        key: held for key, held in before.items() if key != "3"
    }


def test_a_record_may_lose_all_of_its_children(template, orders):
    sync_now(orders)
    template.gallery.orders.edit(3, items=[])

    assert counts(sync_now(orders)) == {"updated": 1, "unchanged": 11}
    assert names("3") == []


def test_the_same_children_in_other_letters_are_no_change(template, orders):
    sync_now(orders)
    kept = rows.dump(TemplateOrderItem)
    template.gallery.orders.edit(3, items=[dict(reversed(LUNE.items())), MER])

    assert counts(sync_now(orders)) == {"unchanged": 12}
    assert rows.dump(TemplateOrderItem) == kept


def test_effects_get_what_the_page_did_in_its_transaction(template, orders):
    seen: list[tuple[list[str], list[str]]] = []

    def effects(session: Session, written: Written, _: Context) -> None:
        held = [session.get_one(TemplateOrder, ident).external_id for ident, _ in written.created]
        seen.append((held, [update.change.row.external_id for update in written.updated]))

    watched = replace(orders, kind=replace(orders.kind, effects=effects))
    sync_now(watched)
    template.gallery.orders.edit(3, status="remboursée")
    sync_now(watched)
    sync_now(watched)

    assert [len(created) for created, _ in seen] == [5, 5, 2, 0]
    assert [updated for _, updated in seen] == [[], [], [], ["3"]]


def test_what_an_effect_refuses_is_not_written_either(template, orders):
    def refuse(session: Session, written: Written, _: Context) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        sync_now(replace(orders, kind=replace(orders.kind, effects=refuse)))

    assert rows.count(TemplateOrder) == rows.count(TemplateOrderItem) == 0
