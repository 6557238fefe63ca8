"""What is deleted at a source that is asked for changes: a whole walk now and then, or a record
that says so.
"""

import pytest
from celery.schedules import crontab
from sqlalchemy import select

from db.models import SyncState, TemplatePainting
from db.session import reading
from syncs import engine
from syncs.running import dry_run
from tests.syncs import rows
from tests.syncs.galleries import Gallery, bookmark, stop, sync_of
from tests.syncs.running import counts, sync_now


@pytest.fixture
def gallery(template: object) -> Gallery:
    """Six paintings, by the day of their last change."""
    made = Gallery()
    for n in range(1, 7):
        made.hang(n, day=n, version=n)
    return made


def living() -> set[str]:
    """The ids of the paintings that are not tombstoned."""
    with reading() as session:
        query = select(TemplatePainting.external_id).where(TemplatePainting.gone_at.is_(None))
        return set(session.scalars(query))


NIGHTLY = crontab(minute="0", hour="3")


def test_the_first_run_after_the_hour_asks_for_everything(gallery):
    sync = sync_of(gallery, whole_at=NIGHTLY)
    sync_now(sync)
    del gallery.paintings[2]
    assert counts(sync_now(sync)) == {"unchanged": 1}

    rows.shift(SyncState, sync.name, "last_whole_at", days=1)
    stop(sync, gallery, before=1)
    assert counts(sync_now(sync, resume=True)) == {"unchanged": 5, "deleted": 1}
    assert counts(sync_now(sync)) == {"unchanged": 1}
    assert [since is None for since, _ in gallery.asked] == [
        True, False, True, True, True, False,
    ]  # fmt: skip
    assert bookmark(sync) == "2026-11-06T12:00:00+00:00"


def test_a_period_is_no_whole_walk(gallery):
    sync = sync_of(gallery, whole_at=NIGHTLY)
    sync_now(sync)
    rows.shift(SyncState, sync.name, "last_whole_at", days=1)

    sync_now(sync, since="2026-11-05")

    assert gallery.asked[-1][0] is not None


def test_a_whole_walk_takes_nothing_away_where_records_never_vanish(gallery):
    sync = sync_of(gallery, whole_at=NIGHTLY, complete=False)
    sync_now(sync)
    del gallery.paintings[2]
    rows.shift(SyncState, sync.name, "last_whole_at", days=1)

    assert counts(sync_now(sync)) == {"unchanged": 5}


def test_a_record_that_says_that_it_is_deleted_is_tombstoned(gallery):
    sync = sync_of(gallery)
    sync_now(sync)
    gallery.hang(2, day=9, version=9, deleted=True)
    # One that the store never had.
    gallery.hang(7, day=9, version=9, deleted=True)

    assert dry_run.compare(sync, {})["deleted"] == 1
    assert counts(sync_now(sync)) == {"unchanged": 2, "deleted": 1}
    assert living() == {"1", "3", "4", "5", "6"}
    # It is said once.
    assert counts(sync_now(sync)) == {"unchanged": 2}


def test_a_tombstone_is_of_a_version_too(gallery):
    sync = sync_of(gallery)
    sync_now(sync)
    gallery.hang(2, day=9, version=9, deleted=True)
    sync_now(sync)

    gallery.hang(2, day=10, version=8)
    assert counts(sync_now(sync)) == {"unchanged": 1}
    assert "2" not in living()
    gallery.hang(2, day=11, version=10)
    assert counts(sync_now(sync)) == {"updated": 1}
    assert "2" in living()


def test_what_came_during_a_whole_walk_is_not_gone(gallery):
    """It came outside of the run, behind its cursor, after both looks."""
    sync = sync_of(gallery)
    sync_now(sync)
    rows.change(SyncState, sync.name, bookmark=None)
    del gallery.paintings[2], gallery.paintings[3]

    def heard_of(progress: object) -> None:
        if gallery.queries[-1]["from"] == "2":
            engine.keep(sync, [{"id": 3, "name": "Toile 3", "version": 3, "seen": "elsewhere"}])

    assert counts(sync_now(sync, watch=heard_of)) == {"unchanged": 4, "deleted": 1}
    assert living() == {"1", "3", "4", "5", "6"}
