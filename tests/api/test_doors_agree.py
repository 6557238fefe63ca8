"""What a command prints with ``--json`` is what the API answers, letter for letter."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from cli.app import commands
from db.session import reading, writing
from db.work import failures, rejects
from db.work.rejects import Refusal
from syncs.acts.bulk import asking
from syncs.acts.by import By
from syncs.registry import SYNCS
from syncs.views import runs as views
from tests.cli import given

REFUSED = {"order_id": "9", "error": "no id", "code": "MISSING_FIELD", "field": "id", "new": 1}
OLD = {"message": "it died", "at": "2025-01-01T00:00:00+00:00", "type": "KeyError"}
"""As an older version may have kept them: in an order of its own, with fields of its own."""


@pytest.fixture
def printed(store):
    """Runs a command with ``--json``; what it printed."""

    def run(*words: object) -> str:
        done = CliRunner().invoke(commands, [*map(str, words), "--json"])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def answered(ask):
    """Asks the API; what it answered, as a command would print it."""

    def get(path: str) -> str:
        document = ask(f"GET {path}").get_json()
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    return get


def run_of_old() -> int:
    return given.run(
        status="failed", checkpoint={}, errors=[OLD], errors_list=[REFUSED], warnings=["Odd."]
    )


def failure() -> int:
    with writing() as session:
        return failures.record(
            session, task="sync.b2b.products", task_id=None, args=[3], kwargs={}, queue="celery",
            attempts=[OLD], run_id=3,
        )  # fmt: skip


def reject() -> int:
    refusal = Refusal(
        external_id="7", code="INVALID_FIELD", field="price", message="no", payload={"id": 7}
    )
    with writing() as session:
        rejects.keep(session, "b2b.products", None, [refusal])
    return 1


def act() -> int:
    reject()
    return asking.ask("reject.discard", {"code": "INVALID_FIELD"}, by=By("cli:awa", "old")).id


@pytest.mark.parametrize(
    ("noun", "path", "make"),
    [
        ("runs", "runs", run_of_old),
        ("failed", "failures", failure),
        ("rejects", "rejects", reject),
        ("acts", "acts", act),
    ],
)
def test_one_is_the_same_through_both_doors(printed, answered, noun, path, make):
    ident = make()

    assert printed(noun, "show", ident) == answered(f"/api/ops/{path}/{ident}")


def test_what_is_stored_stays_as_it_was_written(store):
    with reading() as session:
        found = views.find(session, run_of_old()).dump()

    assert [list(item.items()) for item in found["attempts"]] == [list(OLD.items())]
    assert [list(item.items()) for item in found["errors_list"]] == [list(REFUSED.items())]


def test_every_declared_sync_is_the_same_through_both_doors(printed, ask):
    given.run(status="succeeded")
    told = json.loads(printed("status"))["syncs"]
    lines = ask("GET /api/ops/syncs").get_json()["results"]

    assert len(lines) == len(SYNCS)
    for line, item in zip(lines, told, strict=True):
        same = {name: value for name, value in item.items() if name not in ("sync", "age")}
        assert line["name"] == item["sync"]
        assert list(line["last_run"] or {}) == list(item["last_run"] or {})
        assert {name: line[name] for name in same} == same
