"""Values as they are told: what Python or a store takes for the same, and what came empty."""

import json
from decimal import Decimal

import pytest

from syncs.running import dry_run
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import items, resource, run_all, said


def test_a_quantity_of_none_at_all_is_none_and_an_untold_one_is_one(template):
    things: list[dict[str, object]] = [{"quantity": 0}, {"quantity": None}, {}, {"quantity": "2"}]
    template.gallery.orders.edit(2, items=things)
    sync_now(resource("orders"))

    assert [thing["quantity"] for thing in items()["2"]] == [0, 1, 1, 2]


def test_an_amount_computed_in_binary_fractions_is_the_one_that_was_meant(template):
    template.gallery.paintings.edit(1, price=19.999999999999996)
    template.gallery.orders.edit(2, total=0.1 + 0.2, items=[{"price": 1.1 - 0.2}])
    run_all()

    assert said("paintings")["1"]["price"] == Decimal(20)
    assert said("orders")["2"]["total"] == Decimal("0.3")
    assert [thing["price"] for thing in items()["2"]] == [Decimal("0.9")]


@pytest.mark.parametrize(("before", "after"), [(0, False), ([1], [True]), ({"a": 1}, {"a": True})])
def test_a_setting_that_python_takes_for_the_same_is_written(template, before, after):
    template.gallery.settings.edit(3, value=before)
    run_all()
    template.gallery.settings.edit(3, value=after)

    again = run_all()

    assert counts(again["settings"]) == {"updated": 1, "unchanged": 7}
    assert json.dumps(said("settings")["currency"]["value"]) == json.dumps(after)


def test_an_exhibition_in_microseconds_is_unchanged_when_it_is_compared(template):
    sent = template.gallery.exhibitions.edit(1, start_date="2026-11-21T14:30:00.123456")
    sync_now(resource("exhibitions"))
    template.gallery.exhibitions.put_raw(1, json.dumps(dict(reversed(sent.items()))))

    assert counts(sync_now(resource("exhibitions"))) == {"unchanged": 6}


@pytest.mark.parametrize(("name", "status"), [("paintings", "succeeded"), ("users", "partial")])
def test_a_dry_run_judges_a_table_that_came_empty_as_the_run_does(template, name, status):
    sync_now(resource(name))
    records = getattr(template.gallery, name)
    records.delete(*records.keys())

    foreseen = dry_run.compare(resource(name), {})

    assert foreseen["status"] == sync_now(resource(name))["status"] == status
