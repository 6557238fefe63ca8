"""What vendors announced is kept for a month, once it is done."""

from __future__ import annotations

from sqlalchemy import update

from db.models import WebhookEvent
from db.session import writing
from db.types import db_now
from db.work import webhooks
from syncs.webhooks.process import process
from tests.syncs.webhooks.conftest import receive
from tests.webhooks import events


def age(ident: int, *, days: float) -> None:
    with writing() as session:
        session.execute(
            update(WebhookEvent)
            .where(WebhookEvent.id == ident)
            .values(received_at=db_now(-days * 86400))
        )


def forget(most: int) -> int:
    with writing() as session:
        return webhooks.forget(session, older_than_days=30, most=most)


def test_old_events_that_are_done_are_forgotten_so_many_at_once(vendor):
    old, older, young = [receive(f"e-{n}", about="1") for n in range(3)]
    process(old)
    waits = receive("waits", about="2")
    for ident in (old, older, waits):
        age(ident, days=31)
    age(young, days=29)

    assert [forget(1), forget(5), forget(5)] == [1, 1, 0]
    assert [event.id for event in events()] == [young, waits]


def test_the_last_word_of_a_vendor_is_remembered(vendor):
    for n in range(2):
        process(receive(f"e-{n}", about="1"))
    for event in events():
        age(event.id, days=40)

    assert forget(5) == 1
    assert [event.event_id for event in events()] == ["e-1"]
