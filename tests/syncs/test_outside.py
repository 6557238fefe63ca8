"""Payloads that came outside of any run: written as a page of one, whoever runs the sync."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import select

from db.models import TemplatePainting
from db.session import reading
from syncs import engine
from tests.syncs import rows
from tests.syncs.galleries import Gallery, bookmark, sync_of
from tests.syncs.running import counts, sync_now

SHORTLY = 0.3
"""Seconds: time enough for a transaction that need not wait."""


@pytest.fixture
def gallery(template: object) -> Gallery:
    """Four paintings on two pages."""
    made = Gallery()
    for n in range(1, 5):
        made.hang(n, day=n, version=1)
    return made


def stored(ident: int) -> Any:
    """A painting as the store has it."""
    with reading() as session:
        return session.scalars(
            select(TemplatePainting).where(TemplatePainting.external_id == str(ident))
        ).one()


def painting(ident: int, version: int | None = None, **more: Any) -> dict[str, Any]:
    """A painting as a source sends it."""
    return {"id": ident, "name": f"Version {version}", "version": version, **more}


def test_what_runs_have_seen_and_their_bookmark_stays(gallery):
    sync = sync_of(gallery)
    run = sync_now(sync)

    kept = engine.keep(sync, [painting(1, 2, updated_at="2026-11-29"), painting(9, 1)])

    assert kept == {
        "created": 1, "updated": 1, "unchanged": 0, "deleted": 0, "rejected": 0, "duplicate": 0,
    }  # fmt: skip
    assert (stored(1).name, stored(1).seen_run) == ("Version 2", run["run_id"])
    assert bookmark(sync) == "2026-11-04T12:00:00+00:00"
    assert engine.keep(sync, [painting(1, 2, updated_at="2026-11-29")])["unchanged"] == 1
    assert engine.keep(sync, [painting(1, 2)])["unchanged"] == 1
    assert stored(1).seen_run == run["run_id"]


def test_a_run_counts_what_came_beside_it_as_its_own(gallery):
    sync = sync_of(gallery)
    seen: list[dict[str, int]] = []

    def heard_of(progress: object) -> None:
        if not seen:
            seen.append(engine.keep(sync, [painting(4, 0)]))

    assert counts(sync_now(sync, watch=heard_of)) == {"created": 3, "updated": 1}
    assert seen[0]["created"] == 1


def test_a_refused_payload_waits_and_a_good_one_closes_it(gallery):
    sync = sync_of(gallery)
    sync_now(sync)

    kept = engine.keep(sync, [painting(1, 2, broken=True), painting(2, 2), "no record"])
    assert (kept["updated"], kept["rejected"]) == (1, 2)
    assert [(each.external_id, each.run_id) for each in rows.rejects()] == [
        ("1", None), (None, None),
    ]  # fmt: skip
    assert engine.keep(sync, [painting(1, 3)])["updated"] == 1
    assert [each.external_id for each in rows.rejects()] == [None]


def test_a_deleted_one_is_tombstoned(gallery):
    sync = sync_of(gallery)
    sync_now(sync)

    assert engine.keep(sync, [painting(1, 2, deleted=True)])["deleted"] == 1
    assert stored(1).gone_at is not None
    assert engine.keep(sync, [painting(1, 1)])["unchanged"] == 1
    assert stored(1).gone_at is not None


@pytest.mark.parametrize("is_run", [True, False], ids=["a run", "another one"])
def test_a_newer_version_beside_what_is_being_written_is_not_lost(gallery, is_run):
    """An older version was read and compared when the newer one came."""
    sync, is_kept, reads = sync_of(gallery, sorted=True), Event(), Event()
    sync_now(sync)
    gallery.hang(4, day=9, version=2)

    def prepare(*_: object, **__: object) -> list[str]:
        """Between reading and writing: wait for the other one, which waits for us."""
        reads.set()
        is_kept.wait(SHORTLY)
        return []

    slow = replace(sync, kind=replace(sync.kind, prepare=prepare))

    def older() -> object:
        return sync_now(slow) if is_run else engine.keep(slow, [painting(4, 2)])

    def newer() -> None:
        assert reads.wait(60)
        engine.keep(sync, [painting(4, 3)])
        is_kept.set()

    with ThreadPoolExecutor(2) as pool:
        futures: list[Future[object]] = [pool.submit(older), pool.submit(newer)]
        for each in futures:
            each.result()

    assert stored(4).name == "Version 3"


def test_two_at_once_bring_a_new_object_once(gallery):
    sync, start = sync_of(gallery), Barrier(2, timeout=60)

    def keep(version: int) -> None:
        for ident in range(100, 105):
            start.wait()
            engine.keep(sync, [painting(ident, version)])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(keep, (2, 1)))

    assert {stored(ident).name for ident in range(100, 105)} == {"Version 2"}
