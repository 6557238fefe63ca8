"""What operators see and do is written once, under the doors; each door has words of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from api.web import words as api_words
from cli import words as cli_words
from cli.app import commands
from core.advice import Advised, in_words
from core.errors import ConfigurationError, RefusedError
from db.template.kinds import DRIFTED
from syncs.views.advice import FACTS
from syncs.views.status import State
from tests.test_docs import leaves

ROOT = Path(__file__).resolve().parent.parent
DOORS = ("api/ops", "api/console", "cli/commands")
FLOORS = ("core", "connectors", "db", "syncs", "tasks", "worker")
LISTED = {
    "act", "run", "failed task", "reject", "batch", "key", "operator", "queue", "shop", "terminal",
    "event",
    "command",
}  # fmt: skip
"""What a command lists; the other things there may not be are found in other ways."""
UNLISTED = {"product", "drift", "connector", "verb"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call in a file with the name it is called by, as in ``audit.note``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def first_words(name: str, place: int) -> set[str]:
    """The texts that lower floors call ``name`` with, at this place."""
    found = set()
    for path in modules(*FLOORS):
        for called, call in calls(path):
            if called == name and len(call.args) > place:
                match call.args[place]:
                    case ast.Constant(value=str(word)):
                        found.add(word)
    return found


@pytest.mark.parametrize("path", modules(*DOORS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_door_opens_no_transaction_and_keeps_no_audit(path):
    names = {name for name, _ in calls(path)}

    assert not {"writing", "session.writing", "audit.note", "note"} & names
    assert "db.access.audit" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", modules(*FLOORS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lower_floor_knows_no_command(path):
    text = path.read_text("utf-8")
    paths = [path for path, _ in leaves(commands) if " " in path]

    assert not re.search(r"manage\.py [a-z]", text)
    for words in paths:
        assert f"'{words}" not in text, words


def test_every_thing_there_may_not_be_is_listed_by_a_command_or_known_to_have_none():
    assert first_words("NotFoundError", 0) == LISTED | UNLISTED
    assert {f"no {what}" for what in LISTED} <= cli_words.WORDS.keys()


def test_every_advice_has_its_words_at_the_command_line():
    given = first_words("Advised", 1) | {f"sync {state}" for state in FACTS}

    assert "migrate" in given
    assert given <= cli_words.WORDS.keys()


def test_every_state_that_asks_for_a_person_has_its_words_in_the_api():
    assert FACTS.keys() <= set(get_args(State))
    for state in FACTS:
        assert f"sync {state}" in api_words.WORDS


def test_each_door_says_the_same_in_its_own_way():
    said = Advised("Run 2 decides.", "newer run", {"run": 2})

    assert str(said) == "Run 2 decides."
    assert cli_words.sentence(said) == "Run 2 decides: 'python manage.py runs show 2'."
    assert api_words.sentence(said) == "Run 2 decides: GET /api/ops/runs/2."


def test_an_advice_that_a_door_has_no_words_for_leaves_the_plain_sentence():
    assert in_words(Advised("There is no drift 3.", "no drift"), cli_words.WORDS) == (
        "There is no drift 3."
    )
    assert in_words("Plain.", cli_words.WORDS) == "Plain."


def test_a_warning_that_a_run_keeps_is_said_with_the_command_that_shows_more():
    assert cli_words.warning("Plain.") == "Plain."
    assert cli_words.warning(DRIFTED).endswith("beside them ('template drifts list' shows it).")


def test_an_error_says_all_its_sentences():
    migrate = Advised("The store is old.", "migrate")
    error = ConfigurationError("A is wrong.", migrate)

    assert error.problems == ("A is wrong.", "The store is old.")
    assert str(error) == "A is wrong.\nThe store is old."
    assert cli_words.sentences(error) == (
        "A is wrong.\nThe store is old: run 'python manage.py migrate'."
    )
    assert cli_words.sentences(RefusedError("No.")) == "No."
