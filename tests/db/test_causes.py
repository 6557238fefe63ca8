"""The cause of a failure: connector, code and place, whatever task met it."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text

from db import migrate
from db.session import reading, writing
from db.work import failures
from db.work.causes import connector, fingerprint, place

HERE = 'File "/opt/moulin/connectors/http/status.py", line 40, in check\n    raise error\n'
LATER = HERE.replace("line 40", "line 47").replace("/opt/moulin", "C:\\moulin")
LIBRARY = 'File "/venv/lib/python3.11/site-packages/celery/worker/request.py", line 1, in on\n'
REFUSED = {"type": "AuthenticationError", "code": "UNAUTHORIZED", "traceback": HERE}


def test_one_refused_key_is_one_cause_whatever_it_was_used_for():
    products = fingerprint("sync.b2b.products", REFUSED)

    assert fingerprint("sync.b2b.categories", REFUSED) == products
    assert fingerprint("sync.template.orders", REFUSED) != products


@pytest.mark.parametrize(
    "change",
    [{"code": "HTTP_500"}, {"traceback": HERE.replace("in check", "in read")}, {"traceback": ""}],
)
def test_another_code_or_place_is_another_cause(change):
    task = "sync.b2b.products"

    assert fingerprint(task, REFUSED | change) != fingerprint(task, REFUSED)


def test_an_error_without_a_code_counts_by_its_type():
    task = "sync.b2b.products"
    bugs = [{"type": name, "code": None, "traceback": HERE} for name in ("KeyError", "ValueError")]

    assert fingerprint(task, bugs[0]) != fingerprint(task, bugs[1])


@pytest.mark.parametrize(
    ("task", "name"),
    [("sync.b2b.products", "b2b"), ("sales.process", "sales"), ("upkeep.forget", "upkeep")],
)
def test_the_connector_is_a_word_of_the_task(task, name):
    assert connector(task) == name


@pytest.mark.parametrize(
    ("traceback", "where"),
    [
        (HERE, "connectors/http/status:check"),
        (LATER, "connectors/http/status:check"),
        (HERE + LIBRARY, "connectors/http/status:check"),
        (HERE + 'File "/app/syncs/engine.py", line 9, in walk\n', "syncs/engine:walk"),
        (LIBRARY, ""),
        ("", ""),
    ],
)
def test_the_place_is_our_innermost_frame_without_its_line(traceback, where):
    assert place(traceback) == where


def test_failures_of_the_version_before_get_their_cause(store):
    with writing() as session:
        for task in ("sync.b2b.products", "sync.b2b.categories"):
            failures.record(
                session, task=task, task_id="t", args=[], kwargs={}, queue="sync",
                attempts=[{"message": "first"}, REFUSED],
            )  # fmt: skip
        failures.record(
            session, task="upkeep.forget", task_id="t", args=[], kwargs={}, queue="upkeep",
            attempts=[],
        )  # fmt: skip
        expected = [failed.fingerprint for failed in failures.recent(session)]
    command.downgrade(migrate.config(), "0006-1")
    with writing() as session:
        session.execute(text("UPDATE failed_tasks SET fingerprint = 'old'"))

    command.upgrade(migrate.config(), "head")

    with reading() as session:
        assert [failed.fingerprint for failed in failures.recent(session)] == expected
