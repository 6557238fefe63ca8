"""A breaker: a source in trouble is left alone, then tried by one request."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Barrier, Thread

import pybreaker
import pytest

from connectors import errors
from connectors.http.client import HTTPClient
from connectors.http.deadline import Timeouts
from connectors.limits import circuit
from connectors.limits.shared import Shared
from connectors.limits.shared_circuit import SharedCircuit
from tests.connectors.asking import fine, status
from tests.connectors.source import Call, cut, serving

REST = 0.3
TROUBLE = errors.ServerError("500", status_code=500)
KINDS = ("own", "shared", "away")


@pytest.fixture(params=KINDS)
def breaker(request):
    """Of this process, over Redis, and over a Redis that is not there."""
    if request.param == "own":
        return circuit.own("square", rest=REST)
    if request.param == "away":
        return SharedCircuit("square", Shared(lambda: "redis://127.0.0.1:1/0"), rest=REST)
    redis = request.getfixturevalue("empty_redis")
    return SharedCircuit("square", Shared(lambda: redis.url), rest=REST)


def fail(breaker, times: int = circuit.FAILURES, error: errors.APIError = TROUBLE) -> None:
    for _ in range(times):
        breaker.check()
        breaker.note(error)


def test_five_failures_in_a_row_open_it_and_one_good_probe_closes_it(breaker):
    fail(breaker, 4)
    breaker.check()
    breaker.note(None)
    fail(breaker, 4)
    assert breaker.state == "closed"
    fail(breaker, 1)

    assert breaker.state == "open"
    with pytest.raises(errors.CircuitOpenError, match="square failed again and again") as error:
        breaker.check()
    assert (error.value.unsent, error.value.is_retriable) == (True, True)

    time.sleep(REST)
    breaker.check()
    breaker.note(None)
    breaker.check()
    assert breaker.state == "closed"


def test_a_failed_probe_opens_it_again(breaker):
    fail(breaker)
    time.sleep(REST)
    breaker.check()
    breaker.note(TROUBLE)

    with pytest.raises(errors.CircuitOpenError):
        breaker.check()
    time.sleep(REST)
    breaker.check()


@pytest.mark.parametrize(
    "error",
    [errors.RequestError("404"), errors.AuthenticationError("401"), errors.RateLimitError("429")],
)
def test_a_refusal_is_an_answer(breaker, error):
    fail(breaker, 4)
    fail(breaker, 6, error)
    fail(breaker, 4)

    assert breaker.state == "closed"


def test_of_what_was_not_sent_nothing_is_learnt(breaker):
    held = errors.RateLimitError("our own limit", unsent=True)
    fail(breaker, 4)
    fail(breaker, 1, held)
    fail(breaker, 1)
    assert breaker.state == "open"

    time.sleep(REST)
    breaker.check()
    breaker.note(held)
    assert breaker.state == "open"
    breaker.check()


def test_an_answer_from_before_the_opening_changes_nothing(breaker):
    breaker.check()
    thread = Thread(target=fail, args=(breaker,))
    thread.start()
    thread.join()
    time.sleep(REST)
    breaker.note(None)

    assert breaker.state == "open"


def test_a_probe_is_given_back_when_another_one_failed_a_moment_ago():
    class Late(circuit.OwnProbe):
        """Taken just after somebody else's probe has failed."""

        given_back = 0

        def take(self) -> bool:
            storage.opened_at = datetime.now(UTC)
            return super().take()

        def give_back(self) -> None:
            self.given_back += 1
            super().give_back()

    storage = pybreaker.CircuitMemoryStorage("closed")
    breaker = circuit.Circuit("square", storage, probe := Late(), rest=REST)
    fail(breaker)
    time.sleep(REST)

    with pytest.raises(errors.CircuitOpenError):
        breaker.check()
    assert (probe.given_back, probe.is_ours()) == (1, False)


def test_one_thread_probes(breaker):
    fail(breaker)
    time.sleep(REST)
    together, passed = Barrier(8), []

    def probe() -> None:
        together.wait()
        for _ in range(20):
            try:
                breaker.check()
            except errors.CircuitOpenError:
                continue
            passed.append(time.monotonic())
            time.sleep(0.05)
            breaker.note(TROUBLE)

    threads = [Thread(target=probe) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 1


def test_a_storm_of_500_is_answered_by_silence_and_one_probe():
    def trouble(call: Call) -> None:
        status(500)(call)

    breaker = circuit.own("square", rest=REST)
    with serving(*[trouble] * 5, fine) as source:
        client = HTTPClient(source.url, breaker=breaker, sleep=lambda seconds: None)
        found = []
        for _ in range(10):
            with pytest.raises(errors.APIError) as error:
                client.get("x")
            found.append(type(error.value).__name__)
        asked = len(source.calls)
        time.sleep(REST)
        assert client.get("x").status == 200

    assert asked == 5
    assert found == ["ServerError", *["CircuitOpenError"] * 9]


@pytest.mark.parametrize("trouble", [cut, lambda call: call.answer(body=b"<html>")])
def test_a_cut_or_unreadable_answer_is_trouble(trouble):
    breaker = circuit.own("square", failures=2)
    with serving(trouble) as source:
        client = HTTPClient(source.url, breaker=breaker, timeouts=Timeouts(retries=0))
        for _ in range(2):
            with pytest.raises(errors.APIError):
                client.get("x")

    assert breaker.state == "open"
