"""``template``: what the art site changed later is shown on request, and how the site is."""

from typing import Any

from core.details import printable
from db.models import TemplateCheck
from syncs import health
from syncs.sources.template import SOURCE
from tests.syncs import rows
from tests.syncs.running import sync_now
from tests.syncs.template.exported import resource

CANARY = "kanarie@x.example"


def changed(template, **fields) -> dict[str, Any]:
    """Order 3 is taken in and then changed at the site; how it was."""
    sync_now(resource("orders"))
    before: dict[str, Any] = template.gallery.orders.get(3)
    template.gallery.orders.edit(3, **fields)
    sync_now(resource("orders"))
    return before


def test_drifts_are_listed_newest_first_and_nothing_is_opened(template, told, cli):
    changed(template, status="perdue", email=CANARY)
    template.gallery.orders.edit(5, status="perdue")
    run = sync_now(resource("orders"))

    lines = told("template", "drifts", "list")
    assert [(line["order"], line["fields"]) for line in lines] == [
        ("5", ["status"]), ("3", ["email", "status"]),
    ]  # fmt: skip
    assert lines[0]["run_id"] == run["run_id"]
    shown = cli("template", "drifts", "list").stdout
    assert "email, status" in shown
    assert CANARY not in shown + str(lines)
    assert told("template", "drifts", "list", "--limit", 1) == lines[:1]
    assert told("template", "drifts", "list", "--before", lines[0]["id"]) == lines[1:]


def test_a_drift_is_shown_beside_what_is_kept(template, told, cli):
    before = changed(template, status="perdue", email=CANARY, gift=True)
    (line,) = told("template", "drifts", "list")

    found = told("template", "drifts", "show", line["id"])

    assert found == {
        **line,
        "changes": {
            "email": {"kept": before["email"], "site": CANARY},
            "gift": {"kept": None, "site": True},
            "status": {"kept": before["status"], "site": "perdue"},
        },
    }
    shown = cli("template", "drifts", "show", line["id"]).stdout
    assert CANARY in shown
    assert str(before["email"]) in shown


def test_things_are_shown_by_their_fields(template, told):
    things = template.gallery.orders.get(3)["items"]
    changed(template, items=[{**things[0], "price": 1}, *things[1:]])

    (line,) = told("template", "drifts", "list")
    items = told("template", "drifts", "show", line["id"])["changes"]["items"]

    assert [float(items[whose][0]["price"]) for whose in ("kept", "site")] == [
        things[0]["price"], 1,
    ]  # fmt: skip
    assert items["kept"][0]["name"] == things[0]["painting_name"]
    assert items["kept"][0] == {**items["site"][0], "price": items["kept"][0]["price"]}


def test_a_terminal_is_safe_from_what_the_site_says(template, told, cli):
    changed(template, status="\x1b[2Jgone")
    (line,) = told("template", "drifts", "list")

    shown = cli("template", "drifts", "show", line["id"]).stdout
    assert shown.replace("\n", "") == printable(shown.replace("\n", ""))


def test_where_nothing_changed_that_is_said(template, cli):
    assert "No order changed" in cli("template", "drifts", "list").stderr
    assert "no drift 7" in cli("template", "drifts", "show", 7, exit=1).stderr


def test_health_is_asked_now_and_the_hours_are_told(template, told, cli):
    health.note_hourly(SOURCE)
    template.log.clear()

    found = told("template", "health")

    (hour,) = found["history"]
    assert (found["base_url"], found["healthy"], found["kind"]) == (template.url, True, "ok")
    assert (hour["healthy"], hour["kind"], hour["message"]) == (True, "ok", None)
    assert [entry.path for entry in template.log] == ["/api/export/stats"]
    assert rows.count(TemplateCheck) == 1
    assert "ok" in cli("template", "health").stdout


def test_a_site_that_is_not_well_is_a_failure_with_its_reason(template, told, cli):
    template.key = "sk_other"

    found = told("template", "health", exit=1)

    assert (found["kind"], found["history"]) == ("auth", [])
    assert "TEMPLATE_API_KEY" in found["message"]
    assert "TEMPLATE_API_KEY" in cli("template", "health", exit=1).stderr
    assert "sk_" not in str(found)


def test_without_a_site_there_is_nothing_to_ask(cli):
    assert "TEMPLATE_BASE_URL" in cli("template", "health", exit=78).stderr
