"""Every answer that the document tells of the tills' API is given, with its status and code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from api.openapi.document import operations
from api.openapi.shared import SHARED
from db.models import Terminal
from db.session import writing
from db.tills import terminals
from tests.api.recipes import away
from tests.api.test_access import filled
from tests.api.till import PHONE, SYNC, Till, furnish, sale, work

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
    "TillText": lambda till, what: till.send(what, data=b"{"),
    "TillBodyTooLarge": lambda till, what: till.send(what, data=LARGE),
}
"""How an answer that many operations share is brought about."""


def page_of(till: Till) -> str:
    posted = till.post([sale("V-1")], prefer="respond-async")
    work()
    return f"GET {posted.headers['Location']}"


def reused(till: Till) -> TestResponse:
    till.post([sale("V-1")], prefer="respond-async", idempotency_key="k")
    return till.post([sale("V-2")], prefer="respond-async", idempotency_key="k")


RECIPES: dict[tuple[str, str], Callable[[Till], TestResponse]] = {
    ("till_sales_take", "201"): lambda till: till.post([]),
    ("till_sales_take", "202"): lambda till: till.post([sale("V-1")], prefer="respond-async"),
    ("till_sales_take", "INVALID_FORMAT"): lambda till: till.post({}),
    ("till_sales_take", "INVALID_KEY"): lambda till: till.post([], idempotency_key="é"),
    ("till_sales_take", "TOO_MANY_SALES"): lambda till: till.post([{}] * 501),
    ("till_sales_take", "TOO_MANY_LINES"): lambda till: till.post([{"lignes": [LINE] * 201}]),
    ("till_sales_take", "KEY_REUSED"): reused,
    ("till_sales_show", "200"): lambda till: till.send(page_of(till)),
    ("till_sales_show", "BATCH_NOT_FOUND"): lambda till: till.send(f"GET {SYNC}{NO_BATCH}/"),
    ("till_history_index", "200"): lambda till: till.send("GET /api/v2/simple/ventes/historique/"),
    ("till_statistics_index", "200"): lambda till: till.send("GET /api/v2/simple/statistiques/"),
    ("till_articles_index", "200"): lambda till: till.send("GET /api/v2/simple/articles/"),
}
"""By operation, and status or code."""


def test_an_answer_of_an_operations_own_has_a_recipe(described):
    own = {
        (ident, word)
        for ident, operation in described.items()
        for told in operation.description.answers
        for word in told.codes or (str(told.status),)
    }

    assert own == RECIPES.keys()
    assert {name for one in described.values() for name in one.shared} == ASKED.keys()


@pytest.mark.parametrize("key", RECIPES, ids="-".join)
def test_an_answer_of_an_operations_own_is_given(described, till, key):
    ident, word = key
    told = described[ident].description.answers

    answer = RECIPES[key](till)

    if word.isdigit():
        assert str(answer.status_code) == word
    else:
        expected = next(one.status for one in told if word in one.codes)
        assert (answer.status_code, answer.get_json()["code"]) == (expected, word)


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_that_many_share_is_given_by_each(described, till, name):
    for operation in described.values():
        if name in operation.shared:
            answer = ASKED[name](till, door(operation))

            assert answer.status_code == SHARED[name].status, door(operation)
            assert answer.get_json()["code"] in SHARED[name].codes, door(operation)
