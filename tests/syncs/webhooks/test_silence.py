"""A vendor that has fallen silent is noticed: its runs bring changes that nobody announced."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from db.models import SyncRun, WebhookEvent
from db.session import reading, writing
from db.types import db_now
from db.work import webhooks
from syncs.views.silence import silent
from tests.webhooks import NAME, configure

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def square(store, monkeypatch, tmp_path) -> None:
    configure(monkeypatch, tmp_path / "config")


def ran(*, ago: float, began: float | None = None, **counts: int) -> None:
    with writing() as session:
        session.execute(
            insert(SyncRun).values(
                sync=f"{NAME}.transactions", options={}, trigger="schedule", status="succeeded",
                started_at=db_now(-(began or ago)), finished_at=db_now(-ago), counts=counts,
            )
        )  # fmt: skip


def came(*, ago: float) -> None:
    with writing() as session:
        webhooks.receive(session, NAME, event_id="e-1", kind="toy", subject=None, body="sealed")
        session.execute(update(WebhookEvent).values(received_at=db_now(-ago)))


def names() -> list[str]:
    with reading() as session:
        return [each.connector for each in silent(session)]


def test_changes_a_day_after_the_last_event_are_a_silence():
    came(ago=2 * DAY)
    ran(ago=HOUR, updated=1)

    assert names() == [NAME]


def test_an_event_ends_the_silence():
    came(ago=DAY - HOUR)
    ran(ago=HOUR, created=1)

    assert names() == []


def test_without_changes_nobody_has_anything_to_announce():
    came(ago=9 * DAY)
    ran(ago=HOUR, unchanged=5)

    assert names() == []


def test_changes_within_the_day_may_have_been_announced():
    came(ago=9 * DAY)
    ran(ago=9 * DAY - HOUR, updated=1)

    assert names() == []


def test_a_connector_that_was_just_connected_has_a_day():
    ran(ago=HOUR, created=100)
    assert names() == []


def test_of_one_that_never_heard_anything_the_first_run_counts():
    ran(ago=2 * DAY, created=100)
    ran(ago=HOUR, updated=1)

    with reading() as session:
        [found] = silent(session)
    assert (found.connector, found.since) == (NAME, None)


def test_a_connector_without_webhooks_is_not_expected_to_hear(monkeypatch, tmp_path):
    ran(ago=2 * DAY, created=100)
    ran(ago=HOUR, updated=1)
    configure(monkeypatch, tmp_path / "deaf", webhook=None)

    assert names() == []
