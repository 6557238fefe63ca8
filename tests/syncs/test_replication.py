"""A source that can be asked for what changed: bookmarks, and checkpoints that name their walk."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.connector import Connector
from connectors.page import Page
from db.models import TemplatePainting
from db.session import writing
from db.work import runs
from syncs import engine
from syncs.declaration import AnySync
from syncs.running.walk import Execution
from syncs.sources import template as art
from tests.syncs import rows
from tests.syncs.running import counts, sync_now, taken

SIZE = 2
NOW = datetime(2026, 12, 1, tzinfo=UTC)
"""By the gallery's clock."""


class Gallery:
    """Paintings with the day of their last change, two a page; it notes what it was asked."""

    def __init__(self) -> None:
        self.paintings = {n: f"2026-11-{n:02}" for n in range(1, 6)}
        self.asked: list[object] = []
        self.dies_at: str | None = None

    def fetch(
        self,
        _: Connector,
        *,
        start: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """The paintings that changed on ``since`` or later, and before ``until``."""
        self.asked.append(since)
        first = "" if since is None else since.isoformat()[:10]
        end = "9" if until is None else until.isoformat()[:10]
        held = [
            {"id": n, "name": f"Toile {n}", "updated_at": day}
            for n, day in self.paintings.items()
            if first <= day < end
        ]
        place = int((start or {}).get("from", 0))
        for at in range(place, max(len(held), 1), SIZE):
            if str(at) == self.dies_at:
                raise KeyboardInterrupt
            following = {"from": str(at + SIZE)} if at + SIZE < len(held) else None
            yield Page(
                payloads=list(held[at : at + SIZE]), query={"from": str(at)},
                next_query=following, count=len(held), now=NOW,
            )  # fmt: skip


@pytest.fixture
def gallery() -> Gallery:
    return Gallery()


@pytest.fixture
def sync(template: object, gallery: Gallery) -> AnySync:
    """The gallery's paintings: all of them in a complete walk, then what changed."""
    kind = replace(art.PAINTINGS.kind, version=1)
    return replace(
        art.PAINTINGS, fetch=gallery.fetch, kind=kind, complete=True, replication_key="updated_at"
    )


def bookmark(sync: AnySync) -> dict[str, Any] | None:
    """The bookmark that is kept with the sync's state."""
    kept: dict[str, Any] | None = rows.state(sync.name).bookmark
    return kept


def test_the_first_walk_asks_for_everything_and_the_next_for_what_changed(sync, gallery):
    assert counts(sync_now(sync)) == {"created": 5}
    gallery.paintings[2] = "2026-11-20"

    assert counts(sync_now(sync)) == {"updated": 1, "unchanged": 1}
    assert gallery.asked == [None, datetime(2026, 11, 5, tzinfo=UTC)]
    assert bookmark(sync) == {"version": 1, "value": "2026-11-20T00:00:00+00:00"}


def test_a_walk_over_what_changed_takes_nothing_away(sync, gallery):
    sync_now(sync)
    del gallery.paintings[1]

    assert counts(sync_now(sync)) == {"unchanged": 1}
    assert rows.count(TemplatePainting) == 5


def test_nothing_new_leaves_the_bookmark_where_it_is(sync, gallery):
    sync_now(sync)
    gallery.paintings = {}

    assert sync_now(sync)["status"] == "succeeded"
    assert bookmark(sync) == {"version": 1, "value": "2026-11-05T00:00:00+00:00"}


def stop_at(sync: AnySync, gallery: Gallery, place: str) -> int:
    """A run that is stopped by hand before the page at ``place``."""
    gallery.dies_at = place
    run_id = taken(sync)
    with pytest.raises(KeyboardInterrupt):
        engine.execute(sync, run_id, Execution(slice_seconds=None, by_hand=True))
    gallery.dies_at = None
    return run_id


def test_a_bookmark_moves_only_when_the_walk_is_complete(sync, gallery):
    run_id = stop_at(sync, gallery, "4")

    assert bookmark(sync) is None
    assert rows.run(run_id).checkpoint == {
        "walk": "template.paintings.1", "phase": "walk", "query": {"from": "4"},
        "bookmark": "2026-11-04T00:00:00+00:00", "fields": ["name"],
        "now": NOW.isoformat(),
    }  # fmt: skip
    assert sync_now(sync, resume=True)["run_id"] == run_id
    assert bookmark(sync) == {"version": 1, "value": "2026-11-05T00:00:00+00:00"}


def test_what_changed_since_is_not_everything_so_no_field_is_missed(sync, gallery):
    sync_now(sync)
    nameless = replace(
        sync, fetch=lambda *args, **how: map(without_names, gallery.fetch(*args, **how))
    )

    assert sync_now(nameless)["status"] == "succeeded"
    assert rows.state(sync.name).fields == ["name"]


def without_names(page: Page) -> Page:
    """The page, whose records have lost a field."""
    return replace(page, payloads=[{"id": each["id"]} for each in page.payloads])  # type: ignore[index]  # records of ours


def test_a_source_whose_count_disagrees_moves_no_bookmark(sync, gallery):
    def short(*args: Any, **kwargs: Any) -> Iterator[Page]:
        yield from (replace(page, count=9) for page in gallery.fetch(*args, **kwargs))

    assert sync_now(replace(sync, fetch=short))["status"] == "partial"
    assert bookmark(sync) is None


def test_code_that_writes_otherwise_asks_for_everything_again(sync, gallery):
    sync_now(sync)
    newer = replace(sync, kind=replace(sync.kind, version=2))

    assert counts(sync_now(newer)) == {"updated": 5}
    assert gallery.asked == [None, None]
    assert bookmark(sync) == {"version": 2, "value": "2026-11-05T00:00:00+00:00"}


def test_a_checkpoint_of_another_version_is_not_resumed(sync, gallery):
    stopped = stop_at(sync, gallery, "2")
    newer = replace(sync, kind=replace(sync.kind, version=2))

    statistics = sync_now(newer, resume=True)

    assert statistics["run_id"] != stopped
    # Nothing is left out: what the stopped run wrote is written once more.
    assert counts(statistics) == {"created": 3, "updated": 2}


def test_a_worker_begins_anew_where_the_checkpoint_is_of_another_walk(sync, gallery):
    stopped = stop_at(sync, gallery, "2")
    with writing() as session:
        runs.reopen(session, runs.find(session, stopped))
    newer = replace(sync, kind=replace(sync.kind, version=2))

    outcome = engine.execute(newer, stopped, Execution(slice_seconds=None))

    assert outcome.run_id != stopped
    assert rows.run(stopped).status == "superseded"
    assert "of another walk" in rows.run(stopped).error


def test_a_sync_without_a_replication_key_is_never_asked_since(template):
    asked: list[dict[str, Any]] = []

    def fetch(_: Connector, **query: Any) -> Iterator[Page]:
        asked.append(query)
        yield Page(payloads=[{"id": 1, "name": "Toile"}], query={}, next_query=None, count=1)

    plain = replace(art.PAINTINGS, fetch=fetch)
    sync_now(plain)
    sync_now(plain)

    assert asked == [{"start": None}] * 2
    assert bookmark(plain) is None


@pytest.mark.parametrize(
    ("keys", "largest"),
    [((1, 10, 9), 10), ((None, True, [], "gestern", "0001-01-01"), None),
     (("2026-01-02", "2026-01-10", "tomorrow"), datetime(2026, 1, 10, tzinfo=UTC)),
     (("2026-01-10T12:00:00+01:00", "2026-01-10T11:30:00Z"),
      datetime(2026, 1, 10, 11, 30, tzinfo=UTC)),
     ((9, "2026-01-02"), datetime(2026, 1, 2, tzinfo=UTC))],
)  # fmt: skip
def test_the_largest_key_of_a_page(keys, largest):
    sync = replace(art.PAINTINGS, replication_key="v")

    assert sync.latest([*({"v": key} for key in keys), "no record"], None, None) == largest
