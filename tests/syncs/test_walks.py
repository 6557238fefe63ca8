"""Several walks in one run, room by room: a checkpoint names the walk, and where in it."""

import pytest

from db.models import SyncState, TemplatePainting
from tests.syncs import rows
from tests.syncs.galleries import Gallery, bookmark, stop, sync_of
from tests.syncs.running import counts, sync_now

PAGES = 6


@pytest.fixture
def gallery(template: object) -> Gallery:
    """Nine paintings in three rooms: two pages, one empty page, three pages."""
    made = Gallery(rooms=("nord", "vide", "sud"))
    for n in range(1, 10):
        # The newest ones are met first.
        made.hang(n, day=20 - n, room="nord" if n <= 4 else "sud")
    return made


def test_the_walks_of_a_run_are_one(gallery):
    sync = sync_of(gallery)

    assert counts(sync_now(sync)) == {"created": 9}
    assert len(gallery.queries) == PAGES
    assert bookmark(sync) == "2026-11-19T12:00:00+00:00"
    del gallery.paintings[9]
    rows.change(SyncState, sync.name, bookmark=None)
    assert counts(sync_now(sync)) == {"unchanged": 8, "deleted": 1}


@pytest.mark.parametrize("before", range(1, PAGES))
def test_between_any_two_pages_a_run_goes_on_exactly(gallery, before):
    sync = sync_of(gallery)
    stopped = stop(sync, gallery, before=before)
    assert bookmark(sync) is None

    statistics = sync_now(sync, resume=True)

    assert statistics["run_id"] == stopped
    assert counts(statistics) == {"created": 9}
    assert len(gallery.queries) == len({tuple(each.items()) for each in gallery.queries}) == PAGES
    assert rows.count(TemplatePainting) == 9
    assert bookmark(sync) == "2026-11-19T12:00:00+00:00"
