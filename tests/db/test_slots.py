"""Slots: claimed once, and forgotten when nobody can ask for them again."""

from datetime import timedelta

from sqlalchemy import select

from db import bulk
from db.models import JobSlot
from db.session import reading, writing
from db.work import slots


def forget() -> int:
    """As the housekeeping does: what is older than thirty days."""
    with writing() as session:
        return slots.forget(session, older_than_days=30)


def claim(sync: str, *days_ago: int) -> None:
    """Claim a slot for each of these days."""
    with writing() as session:
        for days in days_ago:
            assert slots.claim(session, sync, bulk.now(session) - timedelta(days=days))


def kept(sync: str) -> list[int]:
    """How many days old the slots are that are left."""
    with reading() as session:
        found = session.scalars(select(JobSlot.slot).where(JobSlot.sync == sync))
        return sorted((bulk.now(session) - slot).days for slot in found)


def test_old_slots_are_forgotten(store):
    claim("b2b.products", 90, 31, 29, 1)

    forget()

    assert kept("b2b.products") == [1, 29]


def test_the_newest_slot_of_a_sync_is_never_forgotten(store):
    claim("b2b.categories", 90, 60, 45)
    claim("b2b.products", 1)

    forget()

    assert kept("b2b.categories") == [45]


def test_how_many_were_forgotten_is_told(store):
    claim("b2b.products", 50, 40, 2)

    assert forget() == 2
