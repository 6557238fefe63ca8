"""Tokens that are refused: believed to be over only when that is sure, and then said once."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connectors.errors import (
    AnswerError,
    AuthenticationError,
    ConnectionError,  # noqa: A004 - the name users of the API know
    ForbiddenError,
    RateLimitError,
    ReauthorizeError,
    RequestError,
    ServerError,
    TooLargeError,
)
from connectors.http.deadline import Timeouts
from sandbox.faults import HTML, GzipBomb, Hang, Redirect, Status, Truncated
from tests.connectors.granting import (
    CLIENT,
    asking,
    authorised,
    credentials,
    endpoint,
    granted,
    later,
)


def test_a_refused_refresh_ends_in_reauthorize_one_alert_and_no_further_request(
    vendor, kept, client, caplog
):
    authorised(vendor, kept)
    vendor.oauth.end_grants()
    with pytest.raises(ReauthorizeError, match="toy") as error:
        client.get("me")
    asked = len(vendor.log)

    for _ in range(3):
        with pytest.raises(ReauthorizeError):
            client.get("me")
    with (
        asking(vendor.url, credentials(vendor.url, kept)) as another,
        pytest.raises(ReauthorizeError),
    ):
        another.get("me")

    assert error.value.unsent
    assert not error.value.is_retriable
    assert len(vendor.log) == asked == 2
    alerts = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [each.msg["event"] for each in alerts] == ["connector.reauthorize"]


def test_who_authorises_anew_ends_reauthorize(vendor, kept, client):
    authorised(vendor, kept)
    vendor.oauth.end_grants()
    with pytest.raises(ReauthorizeError):
        client.get("me")

    authorised(vendor, kept)

    assert client.get("me").status == 200


def test_a_storm_on_an_ended_grant_is_one_refresh_and_one_alert(vendor, kept, client, caplog):
    authorised(vendor, kept)
    vendor.oauth.end_grants()
    together = threading.Barrier(25)

    def get(_: int) -> type[BaseException]:
        together.wait()
        with pytest.raises(AuthenticationError) as error:
            client.get("me")
        return error.type

    with ThreadPoolExecutor(25) as pool:
        assert set(pool.map(get, range(25))) == {ReauthorizeError}

    assert vendor.asked("token") == 1
    assert len([each for each in caplog.records if each.levelno >= logging.ERROR]) == 1


def test_a_refusal_is_not_believed_once_somebody_else_has_other_tokens(vendor, kept, auth, caplog):
    authorised(vendor, kept)
    vendor.oauth.end_grants()
    # While the vendor refuses, a person authorises.
    vendor.oauth.refusing = lambda: kept.replace(granted(vendor))

    with asking(vendor.url, auth) as client:
        assert client.get("me").status == 200

    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


def test_nobody_has_authorised_yet(vendor, client):
    with pytest.raises(ReauthorizeError, match="connectors authorize toy"):
        client.get("me")

    assert len(vendor.log) == 0


def test_without_a_refresh_token_a_refused_token_is_the_end(vendor, kept, client):
    kept.replace(replace(granted(vendor), refresh_token=None))
    vendor.oauth.end_access()

    with pytest.raises(ReauthorizeError):
        client.get("me")

    assert vendor.asked("token") == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Status(endpoint="token", status=503), ServerError),
        (Status(endpoint="token", status=429, retry_after=30), RateLimitError),
        (Hang(endpoint="token", seconds=0), ConnectionError),
        (Truncated(endpoint="token"), AnswerError),
        (Redirect(endpoint="token"), RequestError),
        (GzipBomb(endpoint="token"), TooLargeError),
        (HTML(endpoint="token"), AnswerError),
        (Status(endpoint="token", status=403), ForbiddenError),
    ],
    ids=["503", "429", "cut off", "half", "redirect", "too large", "HTML", "a proxy's 403"],
)
def test_a_token_endpoint_in_trouble_ends_nothing(vendor, kept, client, fault, kind):
    before = authorised(vendor, kept)
    vendor.oauth.end_access()
    vendor.oauth.grace = 60
    vendor.faults.add(fault)
    with pytest.raises(kind) as error:
        client.get("me")
    vendor.faults.clear()

    assert error.value.unsent
    assert kept.read() == before
    assert not kept.read().refused


def test_a_silent_token_endpoint_is_not_waited_for_beyond_the_call(vendor, kept, auth):
    authorised(vendor, kept)
    vendor.oauth.end_access()
    vendor.faults.add(Hang(endpoint="token", seconds=30))
    began = time.monotonic()
    timeouts = Timeouts(read=5, total=0.5)
    with (
        asking(vendor.url, auth, timeouts=timeouts) as client,
        pytest.raises(ConnectionError, match=r"within 0\.\d+ s"),
    ):
        client.get("me")

    assert time.monotonic() - began < 5


def test_until_its_end_a_token_is_good_enough_when_no_other_comes(vendor, kept):
    authorised(vendor, kept)
    vendor.faults.add(Status(endpoint="token", status=503))
    made = endpoint(vendor.url)
    made.clock = later(minutes=59, seconds=30)
    with asking(vendor.url, credentials(vendor.url, kept, endpoint=made)) as client:
        assert client.get("me").status == 200

        made.clock = later(minutes=61)
        with pytest.raises(ServerError):
            client.get("me")


@pytest.mark.parametrize(("named", "wait"), [(30, 30), (None, 60)])
def test_a_429_of_the_token_endpoint_is_obeyed(vendor, kept, named, wait):
    authorised(vendor, kept)
    vendor.oauth.end_access()
    vendor.oauth.grace = 60
    vendor.faults.add(Status(endpoint="token", status=429, retry_after=named, times=1))
    now = [0.0]
    with asking(vendor.url, credentials(vendor.url, kept, clock=lambda: now[0])) as client:
        with pytest.raises(RateLimitError):
            client.get("me")
        now[0] = wait - 1
        with pytest.raises(RateLimitError) as error:
            client.get("me")
        assert error.value.retry_after == 1
        assert vendor.asked("token") == 1

        now[0] = wait + 1
        assert client.get("me").status == 200


@pytest.mark.parametrize("by_person", [True, False])
def test_a_refused_client_is_a_wrong_setting_and_no_reason_to_authorise(vendor, kept, by_person):
    authorised(vendor, kept)
    vendor.oauth.end_access()
    made = endpoint(vendor.url, replace(CLIENT, client_secret="another"))
    auth = credentials(vendor.url, kept, endpoint=made, by_person=by_person)
    with asking(vendor.url, auth) as client:
        for _ in range(5):
            with pytest.raises(AuthenticationError, match="client's id or secret") as error:
                client.get("me")
            assert type(error.value) is AuthenticationError

    assert vendor.asked("token") == 1
    assert not kept.read().refused


def test_client_credentials_are_asked_for_once_and_shared(vendor, kept):
    for _ in range(2):
        auth = credentials(vendor.url, kept, by_person=False)
        with asking(vendor.url, auth) as client:
            client.get("me")
            client.get("me")
    assert vendor.oauth.grants == ["client_credentials"]

    vendor.oauth.end_access()
    with asking(vendor.url, auth) as client:
        client.get("me")
    assert vendor.oauth.grants == ["client_credentials"] * 2


def test_client_credentials_are_never_for_a_person_to_authorise(vendor, kept, caplog):
    auth = credentials(vendor.url, kept, by_person=False)
    with asking(vendor.url, auth) as client:
        client.get("me")
        vendor.oauth.end_access()
        vendor.oauth.refuses = True
        for _ in range(3):
            with pytest.raises(AuthenticationError) as error:
                client.get("me")
            assert not isinstance(error.value, ReauthorizeError)

    assert vendor.asked("token") == 2
    assert not kept.read().refused
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
