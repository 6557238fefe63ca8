"""A connector's client is what its configuration says, and meets each trouble in its own way."""

from __future__ import annotations

import time
from itertools import count

import pytest

from connectors import errors
from connectors.audit import CallNote
from connectors.config import ConnectorConfig, parse
from connectors.http import auth
from connectors.http.client import HTTPClient
from connectors.parts import client, rate, timeouts
from core.errors import ConfigurationError
from tests.connectors.asking import KEY, fine, status
from tests.connectors.source import Call, Script, cut, serving, silent

NAMES = count()


class Notes(list[CallNote]):
    """An audit that is a list."""

    note = list.append


@pytest.fixture
def notes():
    return Notes()


def config(url: str = "https://vendor.example", **sections: object) -> ConnectorConfig:
    given = {"api": {"base_url": url}, "auth": {"method": "bearer", "token": KEY}}
    return parse({**given, "connection": {"retry_delay": 0}, **sections})


@pytest.fixture
def connector(notes):
    """A client of a name that no other test has."""

    def make(url: str, **sections: object) -> HTTPClient:
        return client(
            config(url, **sections),
            name=f"square_{next(NAMES)}",
            auth=auth.bearer(KEY, where="look"),
            headers={"Square-Version": "2025-08-20"},
            audit=notes,
        )

    return make


def html(call: Call) -> None:
    call.answer(body=b"<html>down</html>", Content_Type="text/html")


TROUBLES: list[tuple[str, list[Script], type[errors.APIError] | None, int, int]] = [
    ("credentials refused", [status(401)], errors.AuthenticationError, 1, 401),
    ("a right is missing", [status(403)], errors.ForbiddenError, 1, 403),
    ("429 with a time", [status(429, Retry_After="60")], errors.RateLimitError, 1, 429),
    ("429 without a time", [status(429)], errors.RateLimitError, 1, 429),
    ("500 storm", [status(500)], errors.ServerError, 3, 500),
    ("a cut body", [cut], errors.ConnectionError, 3, 200),
    ("HTML", [html], errors.AnswerError, 3, 200),
    ("a redirect", [status(302, Location="https://thief.example/")], errors.RequestError, 1, 302),
    ("a hiccup", [status(502), cut, fine], None, 3, 200),
]


@pytest.mark.parametrize(
    ("scripts", "kind", "sent", "code"),
    [each[1:] for each in TROUBLES],
    ids=[each[0] for each in TROUBLES],
)
def test_each_trouble_has_its_error_its_tries_and_its_note(
    connector, notes, scripts, kind, sent, code
):
    with serving(*scripts) as source:
        one = connector(source.url)
        if kind is None:
            one.get("orders", {"secret": KEY})
        else:
            with pytest.raises(kind) as error:
                one.get("orders", {"secret": KEY})
            assert KEY not in f"{error.value}{error.value!r}"

    assert len(source.calls) == sent
    (note,) = notes
    assert (note.tries, note.status, note.path) == (sent, code, "/api/v1/orders")
    assert KEY not in str(note)
    assert {call.headers["square-version"] for call in source.calls} == {"2025-08-20"}


def test_a_redirect_carries_no_key_anywhere(connector):
    with (
        serving(fine) as thief,
        serving(status(307, Location=f"{thief.url}/x")) as source,
        pytest.raises(errors.RequestError),
    ):
        connector(source.url).get("orders")

    assert thief.calls == []


def test_a_silent_vendor_is_left_after_the_time_that_is_configured(connector, notes):
    started = time.monotonic()
    with serving(silent) as source:
        one = connector(source.url, connection={"timeout": 0.2, "max_retries": 0})
        with pytest.raises(errors.ConnectionError, match=r"silent for 0\.2"):
            one.get("orders")

    assert notes[0].status is None
    assert time.monotonic() - started < 5


def test_after_a_429_nobody_in_this_process_asks_before_its_time(connector):
    name = f"square_{next(NAMES)}"
    with serving(status(429, Retry_After="60"), fine) as source:
        for _ in range(3):
            one = client(config(source.url), name=name, auth=auth.bearer(KEY, where="look"))
            with pytest.raises(errors.RateLimitError) as error:
                one.get("orders")
            assert 0 < (error.value.retry_after or 0) <= 60
        connector(source.url).get("orders")

    assert len(source.calls) == 2


def test_what_is_configured_is_what_is_built():
    chosen = config(
        connection={"timeout": 40, "max_retries": 3, "retry_delay": 2},
        rate_limit={"max_requests_per_minute": 60, "throttle_on_limit": False},
    )
    built, limit = timeouts(chosen), rate(chosen)

    assert (built.read, built.total, built.retries, built.pause) == (40, 60, 3, 2)
    assert (limit.per_second, limit.per_minute, limit.waits) == (None, 60, False)


def test_without_an_address_there_is_no_client():
    with pytest.raises(ConfigurationError, match=r"^square\.api\.base_url: is missing\.$"):
        client(
            parse({"auth": {"method": "bearer", "token": KEY}}),
            name="square",
            auth=auth.bearer(KEY, where="look"),
        )
