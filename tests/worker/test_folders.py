"""A worker and beat note which connectors they have read, by what they do anyway."""

from __future__ import annotations

import pytest
from celery.signals import before_task_publish

from db.session import reading
from db.work import folders
from syncs.acts.folders import FolderNote
from syncs.due import sweep
from worker import signals, sweeper
from worker.sweeper import Sweeper


def noted() -> list[str]:
    with reading() as session:
        return [each.role for each in folders.recent(session, seconds=60)]


def test_a_worker_notes_it_in_its_rounds(store, monkeypatch):
    monkeypatch.setattr(sweep, "SYNCS", {})
    monkeypatch.setattr(sweeper, "NOTE_FOLDER", FolderNote("worker"))

    Sweeper()._round()

    assert noted() == ["worker"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_beat_notes_it_at_its_start_and_whenever_it_sends(store, monkeypatch):
    of_beat = FolderNote("beat")
    monkeypatch.setattr(signals, "OF_BEAT", of_beat)
    try:
        signals.note_folder_of_beat()
        assert noted() == ["beat"]
        with reading() as session:
            (first,) = folders.recent(session, seconds=60)
        of_beat._due = 0.0
        before_task_publish.send(sender="sync.b2b.products", body=None, headers={})
        with reading() as session:
            (second,) = folders.recent(session, seconds=60)
        assert second.noted_at > first.noted_at
    finally:
        before_task_publish.disconnect(of_beat)
