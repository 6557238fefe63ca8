"""The answers that the operations of tills share are given by each; see ``tests.described``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from api.openapi.document import operations
from api.openapi.shared import SHARED
from db.models import Terminal
from db.session import writing
from db.tills import terminals
from tests.api.given import away
from tests.api.test_access import filled
from tests.api.till import PHONE, Till, furnish

LARGE = b" " * (2 * 1024 * 1024 + 1)
LINE = {"article_id": PHONE}
NO_BATCH = "0b8bd7d4-4c2c-4d38-9f1c-0f1f2f5b7c11"


@pytest.fixture
def described(app):
    return {one.ident: one for one in operations(app) if one.rule.role == "terminal"}


@pytest.fixture
def till(app, store):
    furnish()
    return Till(app)


def door(operation):
    return f"{operation.method} {filled(operation.route.rule)}"


def guessing(till: Till, what: str) -> TestResponse:
    stranger = Till(till.app, "unknown")
    return [stranger.send(what) for _ in range(11)][-1]


def while_away(till: Till, what: str) -> TestResponse:
    with away():
        return till.send(what)


def proven(till: Till, what: str) -> TestResponse:
    with writing() as session:
        terminals.set_level(session, session.query(Terminal).filter_by(serial=till.serial).one(), 1)
    return till.send(what)


ASKED: dict[str, Callable[[Till, str], TestResponse]] = {
    "TillWithoutSerial": lambda till, what: Till(till.app, "").send(what),
    "TillUnproven": proven,
    "TillUnknown": lambda till, what: Till(till.app, "unknown").send(what),
    "TillGuesses": guessing,
    "TillStoreAway": while_away,
    "TillQuery": lambda till, what: till.send(f"{what}?unknown=1"),
    "TillBodyTooLarge": lambda till, what: till.send(what, data=LARGE),
}
"""How an answer that many operations share is brought about."""


def test_each_answer_that_tills_share_is_asked_for(described):
    assert {name for one in described.values() for name in one.shared} == ASKED.keys()


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_that_many_share_is_given_by_each(described, till, name):
    for operation in described.values():
        if name in operation.shared:
            answer = ASKED[name](till, door(operation))

            assert answer.status_code == SHARED[name].status, door(operation)
            assert answer.get_json()["code"] in SHARED[name].codes, door(operation)
