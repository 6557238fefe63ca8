"""A bookmark moves with what is written: whatever dies, nothing is skipped."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from db.models import SyncRun, SyncState, TemplatePainting
from syncs import bookmarks
from tests.syncs import rows
from tests.syncs.galleries import Gallery, bookmark, stop, sync_of
from tests.syncs.running import counts, sync_now


def noon(day: int) -> datetime:
    """Noon of a day of November 2026."""
    return datetime(2026, 11, day, 12, tzinfo=UTC)


def kept(day: int) -> str:
    """That noon as a bookmark is kept."""
    return noon(day).isoformat()


@pytest.fixture
def gallery(template: object) -> Gallery:
    """Six paintings on three pages, by the day of their last change."""
    made = Gallery()
    for n in range(1, 7):
        made.hang(n, day=n)
    return made


def test_the_next_run_asks_from_before_the_bookmark_on(gallery):
    sync = sync_of(gallery, overlap=86400.0)
    sync_now(sync)

    assert counts(sync_now(sync)) == {"unchanged": 2}
    assert gallery.asked[-1] == (noon(5), None)
    assert bookmark(sync) == kept(6)


def test_the_first_walk_takes_what_changed_since_the_day_it_begins_at(gallery):
    sync = sync_of(gallery, begin=date(2026, 11, 4))

    assert counts(sync_now(sync)) == {"created": 3}
    assert gallery.asked == [(datetime(2026, 11, 3, 23, tzinfo=UTC), None)]


def test_a_walk_that_begins_at_a_day_takes_nothing_away(gallery):
    sync_now(sync_of(gallery))
    rows.change(SyncState, "template.paintings", bookmark=None)

    assert counts(sync_now(sync_of(gallery, begin=date(2026, 11, 4)))) == {"unchanged": 3}


@pytest.mark.parametrize("before", [1, 2])
def test_a_sorted_walk_moves_its_bookmark_with_each_page(gallery, before):
    sync = sync_of(gallery, sorted=True)
    stop(sync, gallery, before=before)
    assert bookmark(sync) == kept(2 * before)

    # A new run, as when the checkpoint is too old.
    assert counts(sync_now(sync))["created"] == 6 - 2 * before
    assert gallery.asked[-1] == (noon(2 * before), None)
    assert rows.count(TemplatePainting) == 6


@pytest.mark.parametrize("before", [1, 2])
def test_any_other_walk_keeps_its_bookmark_until_the_last_page(gallery, before):
    sync = sync_of(gallery)
    gallery.hang(1, day=20)
    stopped = stop(sync, gallery, before=before)
    assert bookmark(sync) is None

    assert sync_now(sync, resume=True)["run_id"] == stopped
    assert bookmark(sync) == kept(20)
    assert rows.count(TemplatePainting) == 6


def test_a_resumed_run_asks_as_it_began(gallery):
    sync = sync_of(gallery, sorted=True)
    sync_now(sync)
    for n in range(1, 7):
        gallery.hang(n, day=10 + n)
    stop(sync, gallery, before=2)
    assert bookmark(sync) == kept(14)

    assert counts(sync_now(sync, resume=True)) == {"updated": 6}
    assert gallery.asked[-2:] == [(noon(6), None)] * 2


def test_a_bookmark_never_passes_the_sources_clock_of_the_first_page(gallery):
    gallery.now = noon(3)
    sync = sync_of(gallery)
    stop(sync, gallery, before=1)
    gallery.now = noon(28)
    sync_now(sync, resume=True)

    assert bookmark(sync) == kept(3)
    # What changed behind the cursor meanwhile is met now.
    assert counts(sync_now(sync)) == {"unchanged": 4}


def test_without_the_sources_clock_a_run_asks_from_as_long_before_as_the_walk_took(gallery):
    sync, gallery.now = sync_of(gallery), None
    run_id = stop(sync, gallery, before=2)
    rows.shift(SyncRun, run_id, "started_at", hours=1)
    sync_now(sync, resume=True)

    assert bookmark(sync) == kept(6)
    sync_now(sync)
    since = gallery.asked[-1][0]
    assert since is not None
    assert noon(6) - timedelta(hours=1, minutes=5) < since <= noon(6) - timedelta(hours=1)


def test_a_bookmark_never_goes_back(gallery):
    sync = sync_of(gallery, overlap=86400.0)
    sync_now(sync)
    del gallery.paintings[6]
    gallery.now = noon(1)

    sync_now(sync)

    assert bookmark(sync) == kept(6)


def test_what_is_no_key_moves_nothing(gallery):
    gallery.hang(7, day=7)
    gallery.paintings[7]["updated_at"] = "9 novembre"
    sync = sync_of(gallery)

    sync_now(replace(sync, fetch=lambda *_, **__: iter([gallery.page()])))

    assert bookmark(sync) == kept(6)


@pytest.mark.parametrize("key", [7, noon(7)])
def test_a_bookmark_is_kept_as_it_is(key):
    assert bookmarks.load(bookmarks.dump(key)) == key


def test_numbers_have_no_overlap_and_instants_stay_instants():
    assert bookmarks.back(7, 300.0) == 7
    assert bookmarks.back(noon(7), 60.0) == noon(7) - timedelta(minutes=1)
    assert bookmarks.back(bookmarks.EARLIEST, 300.0) == bookmarks.EARLIEST
