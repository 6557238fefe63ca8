"""The answers that many operations share are given by each, with their status and code.

That an operation's own are given, and none other is, the client sees: see ``tests.described``.
"""

from __future__ import annotations

import pytest

from api.openapi.document import operations
from api.openapi.shared import SHARED
from tests.api.given import away
from tests.api.test_access import filled

pytestmark = pytest.mark.usefixtures("vendor")

LARGE = b" " * (2 * 1024 * 1024 + 1)
SENT: dict[str, dict[str, object]] = {
    "NoStrictJSON": {"data": "{", "content_type": "application/json"},
    "BodyTooLarge": {"data": LARGE, "content_type": "application/json"},
    "UnsupportedMediaType": {"data": "{}", "content_type": "text/plain"},
    "InvalidFields": {"json": {"unknown": 1}},
    "Unauthorized": {"role": None},
    "Forbidden": {"role": "viewer"},
    "InvalidQuery": {"query_string": {"unknown": "1"}},
    "NotFound": {},
    "PageLogin": {"role": None},
    "PageForbidden": {"role": "viewer"},
    "PageBodyTooLarge": {"data": {"field": LARGE.decode()}},
}
"""What an answer is given to that many operations share."""


@pytest.fixture
def described(app):
    """The operations of people; the tills' are in ``test_described_till_answers``."""
    return [one for one in operations(app) if one.rule.role != "terminal"]


def door(operation):
    return f"{operation.method} {filled(operation.route.rule)}"


@pytest.mark.parametrize("name", SENT)
def test_an_answer_that_many_share_is_given_by_each(described, ask, name):
    asked = [operation for operation in described if name in operation.shared]

    assert asked
    for operation in asked:
        what = door(operation)
        sent = SENT[name]
        if name == "NotFound":
            for there in ("b2b.products", "sales", "toy"):
                what = what.replace(f"/{there}/", "/nothing/")
            sent = {"json": operation.description.example or {}}
        answer = ask(what, **sent)

        assert answer.status_code == SHARED[name].status, door(operation)
        if not operation.description.is_page:
            assert answer.get_json()["code"] in SHARED[name].codes, door(operation)


def test_all_that_need_the_store_say_when_it_is_away(described, ask):
    asked = [operation for operation in described if "StoreAway" in operation.shared]
    pages = [operation for operation in described if "PageStoreAway" in operation.shared]

    with away():
        for operation in asked:
            answer = ask(door(operation), json={"why": "w", "filter": {"all": True}})

            assert (answer.status_code, answer.get_json()["code"]) == (503, "STORE_AWAY")
        for operation in pages:
            # The form of the login needs the store for who is logged in; see test_sessions.
            if not operation.ident.startswith("login_"):
                answer = ask(door(operation), headers={"Accept": "text/html"})

                assert (answer.status_code, answer.mimetype) == (503, "text/html")
    away_too = {"StoreAway", "PageStoreAway"}
    assert {name for one in described for name in one.shared} == {*SENT, *away_too}
