"""The art site's health: one request, one word, one row an hour, forgotten after 90 days."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

import beat_schedule
import core.logs
import core.settings
from db.models import JobSlot, TemplateCheck
from db.session import reading
from db.template import checks
from sandbox.faults import HTML, Hang, Missing, Slow, Status
from syncs import health
from syncs.due import sweep
from syncs.sources.template import SOURCE
from tests.servers import free_port
from tests.syncs import rows
from worker import sweeper

CASES = {
    "ok": None,
    "auth": Status(status=403),
    "network": Status(status=503),
    "schema": HTML(),
    "slow": Slow(seconds=0.4),
}


@pytest.mark.parametrize(("kind", "fault"), CASES.items(), ids=list(CASES))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_look_is_one_request_and_one_word(template, monkeypatch, kind, fault):
    monkeypatch.setattr(health, "SLOW", 0.3)
    if fault is not None:
        template.faults.add(fault)

    found = health.look(SOURCE)

    assert (found.kind, found.healthy) == (kind, kind in {"ok", "slow"})
    assert [entry.path for entry in template.log] == ["/api/export/stats"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_key_is_auth_and_says_where_to_look(template):
    template.key = "sk_other"

    found = health.look(SOURCE)

    assert found.kind == "auth"
    assert "TEMPLATE_API_KEY" in str(found.message)
    assert "sk_test" not in str(found.message)


@pytest.mark.parametrize("fault", [Missing(field="stats"), Status(status=404)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_shape_is_schema(template, fault):
    template.faults.add(fault)

    assert health.look(SOURCE).kind == "schema"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_silence_is_network_and_ends(template, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.5)
    template.faults.add(Hang(seconds=30))

    found = health.look(SOURCE)

    assert found.kind == "network"
    assert found.ms < 5000
    assert len(template.log) <= 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_there_is_network(template, monkeypatch):
    monkeypatch.setenv("TEMPLATE_BASE_URL", f"http://127.0.0.1:{free_port()}")
    core.settings.reset()

    assert health.look(SOURCE).kind == "network"


def test_two_beats_leave_one_row_and_ask_once(template):
    health.note_hourly(SOURCE)
    health.note_hourly(SOURCE)

    assert rows.count(TemplateCheck) == 1
    assert len(template.log) == 1
    with reading() as session:
        (check,) = checks.recent(session)
    assert (check.kind, check.healthy, check.message) == ("ok", True, None)
    rows.shift(JobSlot, 1, "slot", hours=1)
    health.note_hourly(SOURCE)
    assert rows.count(TemplateCheck) == 2


def test_many_who_ring_at_one_instant_leave_one_row_and_ask_once(template):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: health.note_hourly(SOURCE), range(8)))

    assert rows.count(TemplateCheck) == 1
    assert len(template.log) == 1


def test_what_is_older_than_ninety_days_is_forgotten(template):
    health.note_hourly(SOURCE)
    rows.shift(TemplateCheck, 1, "at", days=91)
    rows.shift(JobSlot, 1, "slot", hours=1)

    health.note_hourly(SOURCE)

    assert [row[0] for row in rows.dump(TemplateCheck)["template_checks"]] == [2]


def test_a_site_that_goes_down_is_told_once_and_once_when_it_is_back(template, capfd):
    core.logs.configure()
    down = HTML()
    for hour, fault in enumerate((down, None, "up", None), 1):
        if fault is down:
            template.faults.add(down)
        if fault == "up":
            template.faults.clear()
        health.note_hourly(SOURCE)
        rows.shift(JobSlot, hour, "slot", hours=hour)

    printed = "".join(capfd.readouterr())
    assert printed.count("template.down") == 1
    assert printed.count("template.back") == 1
    assert rows.count(TemplateCheck) == 4


def test_without_a_site_nothing_is_looked_at(store):
    health.note_hourly(SOURCE)

    assert rows.count(TemplateCheck) == rows.count(JobSlot) == 0
    assert health.task(SOURCE) not in beat_schedule.entries()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_with_a_site_beat_rings_each_hour(template):
    assert beat_schedule.entries()[health.task(SOURCE)]["schedule"].minute == {0}


def test_each_hour_of_a_clock_change_has_its_look(template):
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)  # in Paris the hour from two comes twice
    for hour in range(6):
        for minute in (0, 5, 59):
            health.note_hourly(SOURCE, now=midnight + timedelta(hours=hour, minutes=minute))

    assert rows.count(TemplateCheck) == len(template.log) == 6


def test_an_hour_that_nobody_looked_at_is_rung_for_now_and_then(template):
    hour = datetime(2026, 6, 1, 10, tzinfo=UTC)

    def rung_at(*times: tuple[int, int]) -> list[bool]:
        return [
            health.missed(SOURCE, now=hour + timedelta(minutes=minute, seconds=second))
            for minute, second in times
        ]

    assert rung_at((0, 0), (4, 59), (5, 0), (5, 14), (5, 15), (9, 0), (55, 14)) == [
        False, False, True, True, False, False, True,
    ]  # fmt: skip
    health.note_hourly(SOURCE, now=hour + timedelta(minutes=30))
    assert not any(rung_at((5, 0), (55, 0)))
    assert rung_at((65, 0)) == [True]


def test_the_sweeper_rings_for_it_until_somebody_looked(template, monkeypatch):
    monkeypatch.setattr(sweep, "SYNCS", {})
    monkeypatch.setattr(health, "AGAIN", timedelta(microseconds=1))
    sent: list[str] = []
    monkeypatch.setattr(sweeper, "send", sent.append)

    sweeper.Sweeper()._round()
    health.note_hourly(SOURCE)
    sweeper.Sweeper()._round()

    assert sent == [health.task(SOURCE)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_site_nobody_is_rung_for(store, monkeypatch):
    monkeypatch.setattr(health, "AGAIN", timedelta(microseconds=1))

    assert not health.missed(SOURCE)
