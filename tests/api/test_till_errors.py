"""Under the tills' addresses every error has the tills' shape, whoever raised it."""

from __future__ import annotations

import json

import pytest
from flask import request

import core.settings
from api.till.errors import PREFIX, SENTENCES, TillError, worded
from api.web import access
from api.web.body import MOST_BYTES
from api.web.paging import Page, asked
from api.web.problems import Problem
from core.errors import ConfigurationError, FatalError, RefusedError, RetriableError
from db.catalogue.shops import every
from db.session import reading
from tests.servers import free_port

SECRET = "canary-4711-canary"


@pytest.fixture
def door(app, ask):
    """``door(view)`` asks a view that stands under the tills' addresses for a moment."""

    def open_at(view, *, method="POST", query="", **options):
        app.add_url_rule(
            f"{PREFIX}essai/", "essai", access.allow("public")(view), methods=["GET", "POST"]
        )
        return ask(f"{method} {PREFIX}essai/{query}", role=None, **options)

    return open_at


def shape(answer):
    """What every error of theirs has, checked; its status, its code and what else it tells."""
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Request-ID"]
    assert answer.headers["Content-Security-Policy"]
    told = json.loads(answer.data)
    assert list(told)[:2] == ["error", "code"]
    assert told["error"]
    return answer.status_code, told["code"], {k: told[k] for k in list(told)[2:]}


def raising(error):
    def view():
        raise error

    return view


def test_an_unknown_address_is_answered_in_french(ask):
    for path in ("nothing", "", "ventes/", "ventes/sync/x/y", "%ff", "%00", "a" * 5000):
        answer = ask(f"GET {PREFIX}{path}", role=None)

        assert shape(answer) == (404, "NOT_FOUND", {}), path
        assert answer.get_data(as_text=True) == '{"error": "Adresse inconnue", "code": "NOT_FOUND"}'


def test_other_addresses_keep_their_problems(ask):
    for path in ("/api/v2/simple", "/api/v2/", "/api/v2/simplex/y", "/nothing"):
        answer = ask(f"GET {path}", role=None)

        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path


def test_another_method_names_the_right_ones(ask, door):
    door(lambda: "")

    answer = ask(f"DELETE {PREFIX}essai/", role=None)

    assert shape(answer) == (405, "METHOD_NOT_ALLOWED", {})
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_one_byte_more_than_two_mebibytes_is_a_413(door):
    answer = door(lambda: str(len(request.get_data())), data=b"a" * (MOST_BYTES + 1))

    assert shape(answer) == (413, "BODY_TOO_LARGE", {})


def test_what_nobody_foresaw_shows_nothing_of_our_inside(door):
    answer = door(raising(ZeroDivisionError(SECRET)))

    assert shape(answer) == (500, "INTERNAL", {})
    assert SECRET not in answer.text


def test_a_store_that_is_away_says_when_to_come_back(door, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:{free_port()}/moulin")
    core.settings.reset()

    def view():
        with reading() as session:
            return str(len(every(session)))

    answer = door(view)

    assert shape(answer) == (503, "STORE_AWAY", {})
    assert answer.headers["Retry-After"] == "5"
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RefusedError(SECRET), (409, "REFUSED", {})),
        (RetriableError(SECRET, retry_after=7), (503, "RETRIABLE", {})),
        (FatalError(SECRET, code="ALTERED"), (500, "ALTERED", {})),
        (ConfigurationError(SECRET), (503, "CONFIGURATION", {})),
        (Problem(418, "TEAPOT", SECRET), (418, "TEAPOT", {})),
    ],
)
def test_what_is_told_to_others_in_english_is_told_to_tills_in_french(door, error, expected):
    answer = door(raising(error))

    assert shape(answer) == expected
    assert SECRET not in answer.text


def test_a_wrong_parameter_is_named_as_a_field(door):
    answer = door(lambda: asked(Page).model_dump(), method="GET", query="?limit=x")

    assert shape(answer) == (400, "INVALID_QUERY", {"champ": "limit"})


def test_further_fields_come_last_and_headers_are_sent(door):
    error = TillError(400, "MISSING_SERIAL", "É", {"X-One": "1"}, header_required="X-Device-Serial")

    answer = door(raising(error))

    assert answer.headers["X-One"] == "1"
    assert answer.get_data(as_text=True) == (
        '{"error": "É", "code": "MISSING_SERIAL", "header_required": "X-Device-Serial"}'
    )


def test_a_code_has_its_sentence_and_others_that_of_their_kind():
    assert worded(404, "NOT_FOUND").message == SENTENCES["NOT_FOUND"]
    sentences = [worded(status, "X").message for status in (400, 422, 500, 502, 503)]

    assert len(set(sentences)) == 3
    assert sentences[0] == sentences[1] != sentences[2] == sentences[3] != sentences[4]
