"""From the whole export: who is missing from it is asked for, and orders come with their items."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connectors.template import SpooledExport
from sandbox.faults import Fault, Status
from sandbox.messages import Answer
from syncs import engine
from syncs.running.walk import Execution
from syncs.sources.template import SOURCE
from tests.syncs.running import Statistics, counts, sync_now, taken
from tests.syncs.template.exported import drifts, everything, resource, said


class Without(Fault):
    """The whole export, from which some users are missing."""

    users: tuple[int, ...]

    def on_answer(self, answer: Answer) -> Answer:
        told = json.loads(bytes(answer.body))
        told["data"]["users"] = [
            user for user in told["data"]["users"] if user["id"] not in self.users
        ]
        told["total_records"] -= len(self.users)
        return replace(answer, body=json.dumps(told).encode())


def from_full(name: str) -> Statistics:
    sync = resource(name)
    with SOURCE.open() as source, SpooledExport.fetch(source) as export:
        execution = Execution(slice_seconds=None, by_hand=True, source=export)
        run_id = taken(sync)
        engine.execute(sync, run_id, execution)
        return engine.statistics(sync, run_id)


@pytest.fixture
def users(template):
    """The site, whose users are in the store and whose log is empty."""
    sync_now(resource("users"))
    template.log.clear()
    return template


def paths(template) -> list[str]:
    return [entry.path.removeprefix("/api/export/") for entry in template.log]


def test_whom_one_export_lacks_is_asked_for_and_nobody_is_erased(users):
    users.faults.add(Without(endpoint="full", users=(3,)))

    found = from_full("users")

    assert counts(found) == {"unchanged": 7}
    assert (found["status"], paths(users)) == ("partial", ["full", "users"])
    assert all(one["gone_at"] is None and one["name"] for one in said("users").values())


def test_whom_the_site_itself_lacks_too_is_forgotten(users):
    users.gallery.users.delete(3)

    found = from_full("users")

    assert (counts(found), found["status"]) == ({"unchanged": 7, "deleted": 1}, "succeeded")
    assert paths(users) == ["full", "users"]
    assert said("users")["3"]["name"] is None


def test_when_nobody_is_missing_the_site_is_not_asked_again(users):
    assert from_full("users")["status"] == "succeeded"
    assert paths(users) == ["full"]


def test_when_the_site_cannot_be_asked_nobody_is_erased(users):
    users.faults.add(Without(endpoint="full", users=(3,)), Status(endpoint="users", status=403))

    with pytest.raises(Exception, match="users"):
        from_full("users")
    assert all(one["gone_at"] is None and one["name"] for one in said("users").values())


def test_things_in_another_order_are_no_change(template):
    template.items_apart = True
    assert counts(from_full("orders")) == {"created": 12}
    whole = everything()

    for key in template.gallery.orders:
        items = template.gallery.orders.get(key)["items"]
        template.gallery.orders.edit(key, items=items[::-1])
    assert counts(sync_now(resource("orders"))) == {"unchanged": 12}
    template.items_apart = False
    assert counts(from_full("orders")) == {"unchanged": 12}

    assert drifts() == []
    assert {**everything(), "orders": 0} == {**whole, "orders": 0}
    assert paths(template)[-1] == "full"
