"""Which connectors each process has read: noted once in a while, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from db.models import ConnectorFolder
from db.session import reading, writing
from db.work import folders
from syncs import registry
from syncs.acts.folders import FolderNote
from syncs.views import connectors as views
from tests.connectors.folder import configure, forget_process, square_at


@pytest.fixture
def square(store, monkeypatch, tmp_path) -> Iterator[None]:
    configure(monkeypatch, tmp_path / "connectors", square=square_at("https://square.example"))
    yield
    forget_process()


def test_every_process_notes_what_it_has_read_once_in_a_while(square):
    note = FolderNote("worker")

    note()
    with writing() as session:
        session.execute(update(ConnectorFolder).values(digest="old"))
    note()

    with reading() as session:
        (noted,) = folders.recent(session, seconds=60)
    assert (noted.role, noted.digest) == ("worker", "old")
    FolderNote("worker")()
    with reading() as session:
        (noted,) = folders.recent(session, seconds=60)
    assert noted.digest == registry.connectors().digest


def test_a_process_that_is_gone_counts_no_more(square):
    for host in "ab":
        with writing() as session:
            folders.note(session, role="web", host=host, digest=host * 16)
    with reading() as session:
        assert len(views.differing(session)) == 2

    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with writing() as session:
        gone = update(ConnectorFolder).where(ConnectorFolder.host == "a")
        session.execute(gone.values(noted_at=long_ago))

    with reading() as session:
        assert views.differing(session) == []
