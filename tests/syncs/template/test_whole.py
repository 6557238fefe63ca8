"""A table that comes in one answer: pages of its own, and a run that was stopped between two."""

import pytest

from connectors.template import SpooledExport, export
from db.models import TemplateUser
from syncs import engine
from syncs.running.walk import Execution
from syncs.sources.template import SOURCE
from tests.syncs import rows
from tests.syncs.running import counts, sync_now, taken
from tests.syncs.template.exported import resource, said


class Killed(BaseException):
    """The process dies here, without a word."""


@pytest.fixture
def site(template, monkeypatch):
    """Eight users, in pages of three."""
    monkeypatch.setattr(export, "WHOLE_LIMIT", 3)
    return template


def killed_after_a_page() -> None:
    def die(progress):
        raise Killed

    run_id, execution = taken(resource("users")), Execution(slice_seconds=None, watch=die)
    with pytest.raises(Killed):
        engine.execute(resource("users"), run_id, execution)
    assert rows.count(TemplateUser) == 3


def test_it_is_asked_for_once_and_written_page_by_page(site):
    found = sync_now(resource("users"))

    assert (counts(found), found["status"], found["pages"]) == ({"created": 8}, "succeeded", 3)
    assert len(site.log) == 1


@pytest.mark.parametrize("name", ["settings", "stats"])
def test_every_such_table_is(site, name):
    assert sync_now(resource(name))["pages"] == 3


def test_slices_add_up_to_the_whole(site):
    run_id, sliced = taken(resource("users")), Execution(slice_seconds=0)

    statuses = [engine.execute(resource("users"), run_id, sliced).status for _ in range(3)]

    found = engine.statistics(resource("users"), run_id)
    assert statuses == ["due", "due", "succeeded"]
    assert (counts(found), found["fetched"], found["pages"]) == ({"created": 8}, 8, 3)


def test_a_killed_run_goes_on_at_its_page(site):
    killed_after_a_page()

    found = sync_now(resource("users"), resume=True)

    assert (counts(found), found["status"], found["pages"]) == ({"created": 8}, "succeeded", 3)
    assert said("users").keys() == {str(key) for key in site.gallery.users}


def test_when_somebody_left_meanwhile_the_run_is_partial_and_the_next_one_has_all(site):
    sync_now(resource("users"))
    site.gallery.users.delete(8)
    run_id = taken(resource("users"))
    engine.execute(resource("users"), run_id, Execution(slice_seconds=0))
    # Whoever is behind the page moves past it, and is not met by this run.
    site.gallery.users.delete(1)

    found = sync_now(resource("users"), resume=True)

    assert (found["run_id"], found["status"], found["deleted"]) == (run_id, "partial", 0)
    assert any("changed meanwhile" in warning for warning in found["warnings"])
    again = sync_now(resource("users"))
    assert again["status"] == "needs_approval"
    assert all(one["name"] for one in said("users").values())


def test_who_is_skipped_by_that_is_met_by_the_next_run(site):
    killed_after_a_page()
    site.gallery.users.delete(1)

    found = sync_now(resource("users"), resume=True)
    assert (found["status"], found["fetched"]) == ("partial", 7)

    assert counts(sync_now(resource("users"))) == {"created": 1, "unchanged": 6, "deleted": 1}
    assert {key for key, one in said("users").items() if one["name"]} == set("2345678")


def test_a_killed_run_that_goes_on_from_the_whole_export_begins_at_its_start(site):
    killed_after_a_page()
    site.gallery.users.reverse()
    run_id = taken(resource("users"), resume=True)

    with SOURCE.open() as source, SpooledExport.fetch(source) as whole:
        execution = Execution(slice_seconds=None, by_hand=True, steal=True, source=whole)
        engine.execute(resource("users"), run_id, execution)

    found = engine.statistics(resource("users"), run_id)
    assert (counts(found), found["status"]) == ({"created": 8, "duplicates": 3}, "succeeded")
    assert all(one["gone_at"] is None for one in said("users").values())
