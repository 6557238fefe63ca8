"""Without TEMPLATE_BASE_URL and TEMPLATE_API_KEY nothing of the art site is opened or asked."""

import pytest

import beat_schedule
import core.logs
import core.settings
from core.errors import ConfigurationError
from db.models import JobSlot, SyncRun, SyncState
from db.session import reading
from syncs import connect, gate, resuming
from syncs.due import sweep
from syncs.due.schedule import claim_latest
from syncs.views import status
from tasks.local import auto
from tests.syncs import rows
from tests.syncs.template.exported import ORDERED
from worker import signals

HALVES: tuple[dict[str, str], ...] = (
    {},
    {"TEMPLATE_BASE_URL": "https://art.example"},
    {"TEMPLATE_API_KEY": "sk_half"},
)


@pytest.fixture(params=HALVES, ids=["neither", "no key", "no address"])
def half(request, store, monkeypatch):
    for name, value in request.param.items():
        monkeypatch.setenv(name, value)
    core.settings.reset()


@pytest.mark.usefixtures("half")
def test_every_door_is_closed_and_leaves_no_trace():
    for sync in ORDERED.values():
        assert isinstance(gate.request(sync, trigger="api", force=True), gate.NotConfigured)
        assert isinstance(resuming.take(sync, {}), gate.NotConfigured)
        assert claim_latest(sync, trigger="beat") is None
        assert auto(sync, force=True)["status"] == "not_configured"
    with reading() as session:
        assert gate.stale(session, list(ORDERED.values())) == []
    sweep.once()

    for model in (SyncRun, SyncState):
        assert rows.count(model) == 0 or "template" not in str(rows.dump(model))
    assert "template" not in str(rows.dump(JobSlot))


@pytest.mark.usefixtures("half")
def test_its_state_says_so_and_beat_has_no_entry():
    with reading() as session:
        states = {one.sync: one.state for one in status.every(session)}

    assert {states[sync.name] for sync in ORDERED.values()} == {"not_configured"}
    assert states["b2b.products"] == "never_run"
    assert not [name for name in beat_schedule.entries() if name.startswith("sync.template")]


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_asks_for_the_source_is_told_both_settings():
    with pytest.raises(ConfigurationError, match=r"TEMPLATE_BASE_URL.*TEMPLATE_API_KEY"):
        connect.to_source("template")


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_beat_warns_once(capfd):
    core.logs.configure()
    signals.tell_what_never_runs()

    assert "".join(capfd.readouterr()).count("template.not_configured") == 1


def test_a_source_that_is_configured_again_goes_on(template):
    with reading() as session:
        states = {one.sync: one.state for one in status.every(session)}

    assert states["template.users"] == "never_run"
    assert isinstance(gate.request(ORDERED["users"], trigger="api"), gate.Enqueued)


def test_a_table_is_fresh_for_a_day(template):
    with reading() as session:
        intervals = {one.sync: one.interval for one in status.every(session)}

    assert intervals["template.paintings"] == 86400
    assert intervals["b2b.products"] == 7200
