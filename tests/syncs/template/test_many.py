"""A whole site at once: 25,000 paintings and 5,000 orders, and a second time nothing to write."""

import pytest

from connectors.template import export
from db.models import TemplateOrder, TemplateOrderItem, TemplatePainting
from sandbox import template as site
from tests.syncs import rows
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import resource


def test_all_paintings_and_orders_arrive_and_the_second_run_writes_nothing(
    template, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(export, "PAINTINGS_LIMIT", 1000)
    monkeypatch.setattr(export, "ORDERS_LIMIT", 100)
    with site.serve(paintings=25_000, orders=5_000, key=template.key) as whole:
        monkeypatch.setitem(template.tables, "paintings", whole.gallery.paintings)
        monkeypatch.setitem(template.tables, "orders", whole.gallery.orders)
        held = whole.gallery.orders
        things = sum(held.text(key).count('"painting_id"') for key in held)

        first = [counts(sync_now(resource(name))) for name in ("paintings", "orders")]
        ties = rows.dump(TemplatePainting)["template_paintings"][0]
        again = [counts(sync_now(resource(name))) for name in ("paintings", "orders")]

    assert first == [{"created": 25_000}, {"created": 5_000}]
    assert again == [{"unchanged": 25_000}, {"unchanged": 5_000}]
    assert (rows.count(TemplatePainting), rows.count(TemplateOrder)) == (25_000, 5_000)
    assert rows.count(TemplateOrderItem) == things
    changed = rows.dump(TemplatePainting)["template_paintings"][0]
    assert sum(a != b for a, b in zip(ties, changed, strict=True)) == 2  # seen_run, last_synced_at
