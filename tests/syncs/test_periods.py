"""Runs over a period: ``--since`` and ``--until`` of every sync with a replication key."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.errors import RefusedError
from syncs.declaration import AnySync
from syncs.running import dry_run
from syncs.sources.catalogue import PRODUCTS
from tests.syncs import rows
from tests.syncs.galleries import Gallery, bookmark, sync_of
from tests.syncs.running import Statistics, counts, sync_now


@pytest.fixture
def gallery(template: object) -> Gallery:
    """Six paintings, by the day of their last change."""
    made = Gallery()
    for n in range(1, 7):
        made.hang(n, day=n)
    return made


def asked(sync: AnySync, given: Mapping[str, object]) -> Statistics:
    """A run with these options, as a door gives them."""
    return sync_now(sync, **sync.check_options({**given}))  # type: ignore[arg-type]  # names of ours


def test_a_period_moves_no_bookmark_deletes_nothing_and_refreshes_nothing(gallery):
    sync = sync_of(gallery)
    sync_now(sync)
    before = rows.state(sync.name)
    gallery.hang(7, day=25)
    del gallery.paintings[3]

    period = {"since": "2026-11-03", "until": "2026-11-30"}
    assert counts(asked(sync, period)) == {"created": 1, "unchanged": 3}

    after = rows.state(sync.name)
    names = ("bookmark", "last_success_at", "last_whole_at", "fields")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]


@pytest.mark.parametrize(
    ("given", "period"),
    [
        ({"since": "2026-11-04"}, (datetime(2026, 11, 3, 23, tzinfo=UTC), None)),
        ({"since": date(2026, 7, 1)}, (datetime(2026, 6, 30, 22, tzinfo=UTC), None)),
        ({"since": "2026-11-04T06:00:00"}, (datetime(2026, 11, 4, 5, tzinfo=UTC), None)),
        ({"until": "2026-11-04T06:00:00Z"}, (None, datetime(2026, 11, 4, 6, tzinfo=UTC))),
        ({"since": "2026-11-04", "until": "2026-11-04T01:00:00+01:00"},
         (datetime(2026, 11, 3, 23, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))),
    ],
)  # fmt: skip
def test_a_day_begins_at_midnight_here_and_an_instant_is_one(gallery, given, period):
    sync = sync_of(gallery)

    asked(sync, given)

    assert gallery.asked == [period]


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize(
    "value", ["yesterday", "", "2026-02-30", 20261101, True, 1.5, [], "0001-01-01", "9" * 5000]
)
def test_what_is_no_date_is_refused_by_name(name, value):
    with pytest.raises(RefusedError, match=f"^{name}: a day such as 2026-11-01, or an instant"):
        sync_of(Gallery()).check_options({name: value})


@pytest.mark.parametrize("until", ["2026-10-31", "2026-11-01", "2026-10-31T23:00:00Z"])
def test_a_period_that_ends_before_it_begins_is_refused(until):
    with pytest.raises(RefusedError, match=r"^until: must be later than since \(2026-11-01\)"):
        sync_of(Gallery()).check_options({"since": "2026-11-01", "until": until})


def test_a_sync_without_a_replication_key_knows_no_period():
    with pytest.raises(RefusedError, match=r"no option 'since'; it knows: site_id"):
        PRODUCTS.check_options({"since": "2026-11-01"})


def test_a_dry_run_asks_as_a_run_would(gallery):
    sync = sync_of(gallery)
    sync_now(sync)
    gallery.hang(2, day=9)

    found: dict[str, Any] = dry_run.compare(sync, {})

    assert counts(found) == {"updated": 1, "unchanged": 1}
    assert bookmark(sync) == "2026-11-06T12:00:00+00:00"
