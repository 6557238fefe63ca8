"""A message that could not be read is logged once and kept without its content, or logged only."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

import core.settings
from core.messages import UnreadError
from db.models import FailedTask
from db.session import reading
from db.work.failures import UNREAD
from worker import unread

ERROR = UnreadError("MESSAGE_JSON", "it is no JSON")
RAW = b'canary {"task": "sales.process"'


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store answered until now."""
    monkeypatch.setattr(unread, "_silent_until", 0.0)


def test_it_is_kept_with_what_can_be_said_of_it(store, caplog):
    unread.keep(RAW, "sales", ERROR)

    with reading() as session:
        kept = session.scalars(select(FailedTask)).one()
    assert (kept.task, kept.queue, kept.args, kept.state) == (UNREAD, "sales", [], "open")
    assert kept.kwargs["size"] == len(RAW)
    assert kept.kwargs["header"] == "task: sales.process"
    assert kept.attempts[0]["code"] == "MESSAGE_JSON"
    assert kept.attempts[0]["message"] == (
        "A message that could not be read: it is no JSON. Queue sales, 31 bytes, sha256 "
        f"{kept.kwargs['sha256'][:12]}, task: sales.process."
    )
    assert "canary" not in str(kept.attempts) + str(kept.kwargs) + caplog.text
    assert caplog.text.count("message.unread") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_store_it_is_in_the_log_and_the_next_one_does_not_wait(
    store, caplog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    core.settings.reset()
    unread.keep(RAW, "sales", ERROR)
    monkeypatch.setenv("DATABASE_URL", store.database_url)
    core.settings.reset()

    unread.keep(RAW, "sales", ERROR)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(FailedTask)) == 0
    monkeypatch.setattr(unread, "_silent_until", time.monotonic())
    unread.keep(RAW, "sales", ERROR)

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(FailedTask)) == 1
    lines = [record.msg["event"] for record in caplog.records if record.levelno >= logging.WARNING]
    assert lines == [
        "message.unread", "message.not_kept", "message.unread", "message.not_kept",
        "message.unread",
    ]  # fmt: skip
    assert "canary" not in caplog.text
