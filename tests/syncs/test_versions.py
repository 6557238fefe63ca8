"""An older version of a record changes nothing, whichever way it comes."""

from typing import Any

import pytest
from sqlalchemy import select

from db.models import TemplatePainting
from db.session import reading
from syncs import engine
from tests.syncs import rows
from tests.syncs.galleries import Gallery, sync_of
from tests.syncs.running import counts, sync_now


@pytest.fixture
def gallery(template: object) -> Gallery:
    """One painting, in its third version."""
    made = Gallery()
    made.hang(1, day=3, version=3)
    return made


def stored() -> Any:
    """The painting as the store has it."""
    with reading() as session:
        return session.scalars(
            select(TemplatePainting).where(TemplatePainting.external_id == "1")
        ).one()


def test_an_older_version_changes_nothing_and_was_met(gallery):
    sync = sync_of(gallery)
    sync_now(sync)
    gallery.hang(1, day=4, version=2)

    run = sync_now(sync)

    assert counts(run) == {"unchanged": 1}
    assert (stored().name, stored().price, stored().seen_run) == ("Toile 3", 3, run["run_id"])


@pytest.mark.parametrize("version", [3, 4, None])
def test_an_equal_version_a_newer_one_and_none_are_taken(gallery, version):
    sync = sync_of(gallery)
    sync_now(sync)
    gallery.hang(1, day=4, version=version)

    assert counts(sync_now(sync)) == {"updated": 1}
    assert (stored().name, stored().price) == ("Toile 4", version)


def test_after_no_version_any_is_taken(gallery):
    sync = sync_of(gallery)
    gallery.hang(1, day=3)
    sync_now(sync)
    gallery.hang(1, day=4, version=1)

    assert counts(sync_now(sync)) == {"updated": 1}


def test_of_two_versions_on_a_page_the_newer_one_counts(gallery):
    sync = sync_of(gallery)
    newer = {"id": 1, "name": "Neuve", "version": 5}
    older = {"id": 1, "name": "Vieille", "version": 4}

    assert engine.keep(sync, [newer, older])["duplicate"] == 1
    assert stored().name == "Neuve"


def test_of_two_versions_on_two_pages_the_newer_one_counts(gallery):
    pages = [gallery.page(), gallery.page()]
    pages[1].payloads[0] = {"id": 1, "name": "Vieille", "version": 2}
    sync = sync_of(gallery, fetch=lambda *_, **__: iter(pages))

    assert counts(sync_now(sync)) == {"created": 1, "duplicates": 1}
    assert stored().name == "Toile 3"


def test_an_older_version_leaves_a_reject_of_a_newer_one_open(gallery):
    sync = sync_of(gallery)
    sync_now(sync)
    engine.keep(sync, [{"id": 1, "version": 9, "broken": True}])
    gallery.hang(1, day=5, version=2)

    assert counts(sync_now(sync)) == {"unchanged": 1}
    assert [reject.external_id for reject in rows.rejects()] == ["1"]
    assert stored().sync_status == "error"
