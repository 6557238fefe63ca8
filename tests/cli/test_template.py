"""``sync_template``: each table a run of its own, and one exit code for all of them."""

import pytest

import core.settings
from db.models import SyncRun, TemplateOrder, TemplatePainting
from sandbox.faults import HTML, CountLie, Missing, Status, Truncated
from tests.syncs import rows

NAMES = ["settings", "paintings", "orders", "users", "exhibitions", "custom_requests", "stats"]
ALL = 8 + 25 + 12 + 8 + 6 + 5 + 7


def statuses(found):
    return {name: one["status"] for name, one in found["resources"].items()}


def test_every_table_is_brought_in_by_a_run_of_its_own(template, told):
    found = told("sync_template")

    assert list(found["resources"]) == NAMES
    assert (found["status"], found["total"], found["created"]) == ("succeeded", ALL, ALL)
    assert len({one["run_id"] for one in found["resources"].values()}) == len(NAMES)
    assert rows.count(SyncRun) == len(NAMES)


def test_only_some_in_the_order_of_the_site(template, told):
    found = told("sync_template", "--only", "users", "--only", "settings")

    assert list(found["resources"]) == ["settings", "users"]


def test_one_that_fails_stops_no_other_and_the_exit_says_partly(template, told, cli):
    template.faults.add(HTML(endpoint="orders"))

    found = told("sync_template", exit=3)

    assert found["status"] == "partial"
    assert statuses(found)["orders"] == "failed"
    assert set(statuses(found).values()) == {"failed", "succeeded"}
    assert found["resources"]["orders"]["error"].startswith("GET ")
    done = cli("sync_template", exit=3)
    assert "template.orders: GET " in done.stderr
    assert "custom_requests" in done.stdout


def test_all_that_fail_are_a_failure(template, told):
    template.key = "sk_other"

    found = told("sync_template", exit=1)

    assert set(statuses(found).values()) == {"failed"}
    assert len(template.log) == len(NAMES)


def test_a_site_that_asks_for_rest_is_left_alone(template, told):
    template.faults.add(Status(endpoint="settings", status=503, retry_after=600))

    found = told("sync_template", "--only", "settings", exit=69)

    assert found["resources"]["settings"]["status"] == "waiting"


def test_partly_is_partly(template, told):
    template.faults.add(CountLie(endpoint="paintings", offset=3))

    assert told("sync_template", "--only", "paintings", exit=3)["status"] == "partial"


def test_auto_asks_the_gate_and_full_asks_nobody_when_all_is_fresh(template, told):
    told("sync_template")
    template.log.clear()

    assert told("sync_template", "--auto")["status"] == "fresh"
    assert told("sync_template", "--auto", "--full")["status"] == "fresh"
    assert not list(template.log)
    assert told("sync_template", "--auto", "--force", "--only", "stats")["status"] == "succeeded"


def test_the_whole_export_is_one_request(template, told):
    found = told("sync_template", "--full")

    assert (found["status"], found["created"]) == ("succeeded", ALL)
    assert [entry.path for entry in template.log] == ["/api/export/full", "/api/export/stats"]


@pytest.mark.parametrize(
    ("fault", "told"), [(HTML, "not JSON"), (Truncated, "broken"), (Missing, "'data' is expected")]
)
def test_a_whole_export_that_is_broken_opens_no_run(template, cli, fault, told):
    template.faults.add(fault(endpoint="full"))

    assert told in cli("sync_template", "--full", exit=1).stderr
    assert rows.count(SyncRun) == 0


@pytest.mark.parametrize("full", [(), ("--full",)])
def test_a_dry_run_writes_nothing(template, told, full):
    found = told("sync_template", "--dry-run", *full)

    assert (found["status"], found["created"]) == ("succeeded", ALL)
    assert rows.count(TemplatePainting) == rows.count(SyncRun) == rows.count(TemplateOrder) == 0


def test_enqueue_leaves_it_to_a_worker(template, told, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    core.settings.reset()

    found = told("sync_template", "--enqueue")

    assert set(statuses(found).values()) == {"enqueued"}
    assert not list(template.log)


@pytest.mark.parametrize("with_full", ["--enqueue", "--resume"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_full_is_read_here_and_now(template, cli, with_full):
    cli("sync_template", "--full", with_full, exit=2)


@pytest.mark.parametrize("how", [(), ("--auto",), ("--enqueue",), ("--full",), ("--dry-run",)])
@pytest.mark.parametrize("command", [("sync_template",), ("sync", "template.users")])
def test_without_its_settings_it_is_a_matter_of_configuration(cli, command, how):
    if how == ("--full",) and command[0] == "sync":
        command = ("sync_template",)
    done = cli(*command, *how, exit=78)

    assert "TEMPLATE_BASE_URL" in done.stderr
    assert "TEMPLATE_API_KEY" in done.stderr
    assert rows.count(SyncRun) == 0


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"TEMPLATE_BASE_URL": "https://art.example"}, "TEMPLATE_API_KEY"),
        ({"TEMPLATE_API_KEY": "sk_alone"}, "TEMPLATE_BASE_URL"),
        (
            {"TEMPLATE_BASE_URL": "https://art.example", "TEMPLATE_API_KEY": "clé"},
            "no header can carry",
        ),
    ],
)
def test_check_finds_a_site_that_is_half_configured(told, monkeypatch, given, problem):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    core.settings.reset()

    problems = told("check", exit=78)["problems"]

    assert any(problem in found for found in problems)
    assert "sk_alone" not in str(problems)


def test_status_says_once_what_is_not_configured(cli, told):
    done = cli("status")

    assert done.stderr.count("The art site is not configured") == 1
    words = {item["state"] for item in told("status")["syncs"] if "template" in item["sync"]}
    assert words == {"not_configured"}
