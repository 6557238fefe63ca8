"""The art site's tables: first runs, second runs, changes, and the whole export at once."""

import json
from decimal import Decimal

import pytest

from connectors.errors import AnswerError, AuthenticationError
from connectors.template import SpooledExport
from db.models import (
    TemplateOrder,
    TemplateOrderDrift,
    TemplateOrderItem,
    TemplatePainting,
    TemplateSetting,
)
from sandbox.faults import HTML, CountLie, Drift, Missing, Status
from syncs import engine
from syncs.running.walk import Execution
from syncs.sources.template import SOURCE
from tests.syncs import rows
from tests.syncs.running import counts, sync_now, taken
from tests.syncs.template.exported import (
    ORDERED,
    TABLES,
    everything,
    items,
    resource,
    run_all,
    said,
)

STATS = 7


def from_full(**changed):
    """Every resource from one export, each in a run of its own."""
    found = {}
    with SOURCE.open() as source, SpooledExport.fetch(source) as export:
        for name, sync in ORDERED.items():
            execution = Execution(slice_seconds=None, by_hand=True, source=export)
            run_id = taken(sync)
            engine.execute(sync, run_id, execution)
            found[name] = engine.statistics(sync, run_id)
    return found


def test_the_first_run_brings_every_record_of_every_table(template):
    done = run_all()

    held = {name.replace("-", "_"): len(held) for name, held in template.tables.items()}
    expected = {**held, "stats": STATS}
    assert {name: counts(found) for name, found in done.items()} == {
        name: {"created": number} for name, number in expected.items()
    }
    assert {found["status"] for found in done.values()} == {"succeeded"}
    assert {name: rows.count(TABLES[name]) for name in TABLES} == expected


def test_a_painting_is_mapped_and_the_rest_is_kept_as_received(template):
    sent = template.gallery.paintings.get(3)
    sync_now(resource("paintings"))

    found = said("paintings")["3"]
    assert found["name"] == sent["name"]
    assert found["price"] == Decimal(str(sent["price"]))
    assert (found["status"], found["category"]) == (sent["status"], sent["category"])
    mapped = {"id", "name", "price", "status", "category", "image"}
    kept = {name: value for name, value in sent.items() if name not in mapped}
    assert {name: found["extra"][name] for name in kept} == kept


def test_a_setting_keeps_a_value_of_any_kind(template):
    sync_now(resource("settings"))

    found = said("settings")
    assert found["maintenance"]["value"] is False
    assert found["home_banner"]["value"] == {"text": "Nouveautés d'hiver", "link": "/nouveautes"}
    assert found["shipping_price"]["value"] == "12.50"
    assert found["instagram"]["value"] is None


def test_an_order_comes_with_its_things(template):
    sync_now(resource("orders"))

    sent = {str(key): template.gallery.orders.get(key) for key in template.gallery.orders}
    told = items()
    assert told.keys() == sent.keys()
    for key, order in sent.items():
        assert [
            (thing["painting"], thing["name"], thing["quantity"], thing["price"])
            for thing in told[key]
        ] == [
            (
                str(thing["painting_id"]), thing["painting_name"], thing["quantity"],
                Decimal(str(thing["price"])),
            )
            for thing in order["items"]
        ]  # fmt: skip
    extra = json.loads(said("orders")["1"]["extra"])
    assert extra["customer_name"] == sent["1"]["customer_name"]


def test_the_second_run_writes_nothing(template):
    run_all()
    before = everything()

    again = run_all()

    for name, found in again.items():
        assert counts(found) == {"unchanged": found["total"]}, name
        assert found["status"] == "succeeded"
    assert everything() == before


def test_what_changed_is_written_and_nothing_else(template):
    run_all()
    template.gallery.paintings.edit(3, price="99.90", year=1901)
    template.gallery.settings.edit(3, value="XOF")
    template.gallery.exhibitions.edit(1, title="Rétrospective")

    again = run_all()

    assert counts(again["paintings"]) == {"updated": 1, "unchanged": 24}
    assert said("paintings")["3"]["price"] == Decimal("99.90")
    assert said("paintings")["3"]["extra"]["year"] == 1901
    assert said("settings")["currency"]["value"] == "XOF"
    assert said("exhibitions")["1"]["title"] == "Rétrospective"
    assert all(found["updated"] <= 1 for found in again.values())


@pytest.mark.parametrize("apart", [False, True], ids=["items inside", "items apart"])
def test_the_whole_export_writes_what_the_parts_write(template, apart):
    template.items_apart = apart
    first = from_full()
    whole = everything()
    asked = [entry.path for entry in template.log]
    assert asked == ["/api/export/full", "/api/export/stats"]

    parts = run_all()

    assert {found["status"] for found in first.values()} == {"succeeded"}
    assert first["orders"]["created"] == 12
    assert {name: found["total"] for name, found in first.items()} == {
        name: found["total"] for name, found in parts.items()
    }
    assert everything() == whole
    for name, found in parts.items():
        assert (found["created"], found["updated"]) == (0, 0), name
    assert rows.count(TemplateOrderDrift) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_orders_without_their_things_are_not_taken_from_the_whole_export(template):
    for key in template.gallery.orders:
        template.gallery.orders.edit(key, without=["items"])
    with SOURCE.open() as source, SpooledExport.fetch(source) as export:
        assert export.holds("users")
        assert export.holds("custom-requests")
        assert not export.holds("orders")
        assert not export.holds("stats")


def test_a_table_that_answers_a_page_for_people_fails_alone(template):
    template.faults.add(HTML(endpoint="orders"))

    for name, sync in ORDERED.items():
        if name == "orders":
            with pytest.raises(AnswerError, match="not JSON"):
                sync_now(sync)
        else:
            assert sync_now(sync)["status"] == "succeeded"
    assert rows.count(TemplateOrder) == 0
    assert rows.count(TemplatePainting) == 25


def test_a_wrong_key_is_asked_once_a_run_and_says_where_to_look(template):
    template.key = "sk_other"

    for sync in ORDERED.values():
        template.log.clear()
        with pytest.raises(AuthenticationError, match="TEMPLATE_API_KEY"):
            sync_now(sync)
        assert [entry.status for entry in template.log] == [401]


@pytest.mark.parametrize(
    "broken", [Missing(endpoint="users"), Status(endpoint="users", status=500)]
)
def test_an_answer_without_data_is_no_empty_table(template, broken):
    sync_now(resource("users"))
    template.faults.add(broken)

    with pytest.raises(Exception, match="users"):
        sync_now(resource("users"))
    assert all(user["gone_at"] is None for user in said("users").values())


@pytest.mark.parametrize("count", ["page", "whole", "none"])
def test_count_may_be_the_pages_or_the_wholes_or_missing(template, count):
    template.count = count

    found = sync_now(resource("paintings"))

    assert (found["status"], found["created"], found["pages"]) == ("succeeded", 25, 3)


def test_pages_that_are_shorter_than_asked_are_followed_by_the_count(template):
    template.count, template.largest = "whole", 4

    found = sync_now(resource("paintings"))

    assert (found["status"], found["created"], found["pages"]) == ("succeeded", 25, 7)


def test_a_count_that_is_neither_the_pages_nor_the_wholes_is_partial(template):
    template.faults.add(CountLie(endpoint="paintings", offset=7))

    found = sync_now(resource("paintings"))

    assert (found["status"], found["total"]) == ("partial", 25)
    assert any("counts" in warning for warning in found["warnings"])


def test_a_table_in_one_answer_with_a_wrong_count_is_partial(template):
    template.faults.add(CountLie(endpoint="users", offset=1))

    assert sync_now(resource("users"))["status"] == "partial"


def test_a_record_that_comes_in_while_we_walk_is_met_or_comes_next_time(template):
    template.faults.add(Drift(endpoint="paintings", page=2, change="insert", times=1))
    first = sync_now(resource("paintings"))
    again = sync_now(resource("paintings"))

    assert first["duplicates"] == 1
    assert rows.count(TemplatePainting) == 26
    assert again["created"] + first["created"] == 26


def test_a_record_that_goes_while_we_walk_hides_another_until_the_next_run(template):
    template.faults.add(Drift(endpoint="paintings", page=2, change="delete", times=1))
    first = sync_now(resource("paintings"))
    second = sync_now(resource("paintings"))

    assert (first["created"], second["created"]) == (24, 1)
    living = {str(key) for key in template.gallery.paintings}
    assert living <= said("paintings").keys()
    assert all(painting["gone_at"] is None for painting in said("paintings").values())


def test_a_record_that_comes_twice_is_one(template):
    for key in (2, 11):
        template.gallery.orders.add_raw(template.gallery.orders.text(key))

    found = sync_now(resource("orders"))

    assert (found["created"], found["duplicates"]) == (12, 2)
    assert rows.count(TemplateOrder) == 12
    assert rows.count(TemplateOrderItem) == sum(len(held) for held in items().values())


def test_somebody_who_comes_twice_is_no_reason_to_doubt_the_count(template):
    template.gallery.users.add_raw(template.gallery.users.text(2))

    found = sync_now(resource("users"))

    assert (found["status"], found["created"], found["duplicates"]) == ("succeeded", 8, 1)


def test_a_bad_record_is_refused_alone(template):
    template.gallery.paintings.put_raw(5, '{"id": 5, "image": "\\ud800"}')
    template.gallery.orders.edit(2, items="none")
    template.gallery.settings.add_raw('{"value": "without a key"}')

    done = run_all()

    assert {name for name, found in done.items() if found["status"] == "partial"} == {
        "paintings", "orders", "settings",
    }  # fmt: skip
    assert done["paintings"]["errors_list"][0]["painting_id"] == "5"
    assert done["orders"]["errors_list"][0]["order_id"] == "2"
    assert rows.count(TemplateSetting) == 8
