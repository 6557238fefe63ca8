"""A new encryption key: everything is sealed and marked anew with it, and nothing becomes news."""

from dataclasses import replace

import core.settings
from core import crypto, personal
from db.models import TemplateCustomRequest, TemplateOrder, TemplateOrderDrift
from tests.syncs import rows
from tests.syncs.running import Statistics, counts, sync_now
from tests.syncs.template import rotation
from tests.syncs.template.exported import (
    drifts,
    everything,
    items,
    resource,
    run_all,
    said,
    user,
)


def test_a_new_key_seals_everything_anew_and_marks_with_it(template, monkeypatch):
    run_all()
    address = str(template.gallery.users.get(1)["email"])
    before, text, things = user("1").email_mark, said("users"), items()

    rotation.rotate(monkeypatch)

    assert user("1").email_mark == personal.mark_email(address) != before
    unmarked = [{k: v for k, v in one.items() if "mark" not in k} for one in said("users").values()]
    assert unmarked == [{k: v for k, v in one.items() if "mark" not in k} for one in text.values()]
    assert items() == things
    assert rows.count(TemplateOrder) == len(said("orders"))
    assert rows.count(TemplateCustomRequest) == len(said("custom_requests"))
    assert {found["unchanged"] for found in run_all().values()} == {8, 25, 12, 6, 5, 7}


def test_what_is_kept_in_the_clear_is_marked_anew_once(template, monkeypatch):
    monkeypatch.setenv("SEAL_PERSONAL_DATA", "false")
    core.settings.reset()
    sync_now(resource("users"))
    address = str(template.gallery.users.get(1)["email"])
    rotation.put_new_key(monkeypatch)

    first, again = rotation.reseal(), rotation.reseal()

    rotation.take_out_old_keys(monkeypatch)
    assert user("1").email == address
    assert user("1").email_mark == personal.mark_email(address)
    assert user("1").phone_mark == personal.mark_phone(user("1").phone)
    assert (first, again) == (16, 0)


def compare_orders() -> Statistics:
    """A run that knows no order to the letter, because the code that reads them is another."""
    sync = resource("orders")
    return sync_now(replace(sync, kind=replace(sync.kind, version=99)))


def test_a_drift_that_was_noted_is_known_under_both_keys_and_under_the_new_one(
    template, monkeypatch
):
    sync_now(resource("orders"))
    template.gallery.orders.edit(3, status="remboursée")
    sync_now(resource("orders"))
    (drift,) = drifts()
    assert drift.digest == crypto.marks(crypto.unseal(drift.payload))[0]

    rotation.put_new_key(monkeypatch)
    both = compare_orders()
    rotation.reseal()
    rotation.take_out_old_keys(monkeypatch)
    new = sync_now(resource("orders"))

    assert (both["warnings"], new["warnings"]) == ([], [])
    assert counts(new) == {"unchanged": 12}
    (drift,) = drifts()
    assert drift.digest == crypto.marks(crypto.unseal(drift.payload))[0]


def test_a_drift_that_was_noted_under_both_keys_stops_no_rotation(template, monkeypatch):
    sync_now(resource("orders"))
    template.gallery.orders.edit(3, status="remboursée")
    sync_now(resource("orders"))
    (drift,) = drifts()
    before = everything()
    rotation.put_new_key(monkeypatch)
    # As a process does that does not hold the new key yet, beside one that does.
    text = crypto.unseal(drift.payload)
    rows.add(
        TemplateOrderDrift, order_id=drift.order_id, run_id=drift.run_id, fields=drift.fields,
        digest=crypto.marks(text)[0], payload=drift.payload,
    )  # fmt: skip

    rotation.reseal()

    rotation.take_out_old_keys(monkeypatch)
    assert {crypto.unseal(drift.payload) for drift in drifts()} == {text}
    assert everything() == before
