"""A source in trouble: the error's type, the run's status, nothing deleted, no page asked twice."""

import pytest

import core.settings
from connectors.errors import (
    AnswerError,
    APIError,
    AuthenticationError,
    ConnectionError,  # noqa: A004 - the name users of the API know
    ForbiddenError,
    RateLimitError,
    RequestError,
    ServerError,
    TooLargeError,
)
from core.errors import ConfigurationError, RetriableError
from sandbox import b2b
from sandbox.faults import (
    HTML,
    XML,
    Cut,
    Empty,
    Fault,
    GzipBomb,
    Hang,
    Redirect,
    Status,
    Truncated,
    WrongType,
)
from syncs import engine, gate, resuming
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, run, state
from tests.syncs.running import counts, sync_now, taken

TROUBLE: dict[str, tuple[Fault, type[APIError], str, int]] = {
    "forbidden": (Status(status=403, page=2), ForbiddenError, "lacks the right", 1),
    "gone": (Status(status=404, page=2), RequestError, "nothing is there", 1),
    "teapot": (Status(status=418, page=2), RequestError, "refused as it is", 1),
    "too many requests": (Status(status=429, page=2), RateLimitError, "too many calls", 1),
    "server errors": (Status(status=500, page=2), ServerError, "in trouble", 3),
    "bad gateway": (Status(status=502, page=2), ServerError, "in trouble", 3),
    "not implemented": (Status(status=501, page=2), ServerError, "in trouble", 1),
    "silence": (Hang(page=2, seconds=5), ConnectionError, "silent for 0.3 s", 3),
    "closed at once": (Hang(page=2, seconds=0), ConnectionError, "no connection", 3),
    "cut": (Cut(page=2), ConnectionError, "was cut", 3),
    "HTML": (HTML(page=2), AnswerError, "text/html, not JSON", 3),
    "XML": (XML(page=2), AnswerError, "application/xml, not JSON", 3),
    "nothing": (Empty(page=2), AnswerError, "is empty", 3),
    "wrong type": (WrongType(page=2), AnswerError, "not JSON", 3),
    "half of the JSON": (Truncated(page=2), AnswerError, "broken JSON", 3),
    "redirect": (Redirect(page=2), RequestError, "a redirect, which is not followed", 1),
    "gzip bomb": (GzipBomb(page=2, size=20 * 1024 * 1024), TooLargeError, "over 10485760 bytes", 1),
}


def meet(fault: Fault, source: b2b.B2B, monkeypatch: pytest.MonkeyPatch) -> APIError:
    """Run the sync into ``fault``; silence is noticed soon. The error that ended the run."""
    source.faults.add(fault)
    with monkeypatch.context() as hasty:
        if isinstance(fault, Hang):
            hasty.setenv("INVENTORY_API_TIMEOUT", "0.3")
            core.settings.reset()
        with pytest.raises(APIError) as told:
            sync_now(PRODUCTS)
    core.settings.reset()
    return told.value


@pytest.mark.parametrize(("fault", "error", "sentence", "tries"), TROUBLE.values(), ids=TROUBLE)
def test_trouble_on_a_page_ends_the_run_and_keeps_what_was_written(
    b2b, monkeypatch, fault, error, sentence, tries
):
    told = meet(fault, b2b, monkeypatch)

    assert type(told) is error
    assert sentence in str(told)
    failed = run(1)
    assert (failed.status, failed.error) == ("failed", str(told))
    assert failed.checkpoint["query"]["page"] == "2"
    assert living() == set(range(1, 11))
    assert b2b.log.requested_pages("products") == [1] + [2] * tries


@pytest.mark.parametrize("fault", [row[0] for row in TROUBLE.values()], ids=TROUBLE)
def test_trouble_deletes_nothing_and_the_run_goes_on_at_its_page(b2b, fault, monkeypatch):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(25)

    meet(fault, b2b, monkeypatch)

    assert living() == set(range(1, 26))
    b2b.faults.clear()
    b2b.log.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert (done["run_id"], done["status"]) == (2, "succeeded")
    assert counts(done) == {"unchanged": 24, "deleted": 1}
    assert b2b.log.requested_pages("products") == [2, 3, 1, 2, 3]


def test_a_refused_key_is_shown_once(b2b):
    b2b.keys.clear()

    with pytest.raises(AuthenticationError, match="check the active key or B2B_API_KEY"):
        sync_now(PRODUCTS)

    assert [entry.status for entry in b2b.log] == [401]


def test_a_refused_key_is_not_tried_again_by_a_worker(b2b):
    b2b.keys.clear()

    with pytest.raises(AuthenticationError):
        engine.execute(PRODUCTS, taken(PRODUCTS))

    assert run(1).status == "failed"
    assert len(b2b.log) == 1


def test_a_key_without_the_right_is_told_from_an_unknown_one(b2b):
    b2b.keys[b2b.key] = frozenset({"categories"})

    with pytest.raises(ForbiddenError, match="lacks the right"):
        sync_now(PRODUCTS)

    assert [entry.status for entry in b2b.log] == [403]


def test_no_error_shows_the_key(b2b):
    b2b.keys.clear()

    with pytest.raises(AuthenticationError) as told:
        sync_now(PRODUCTS)

    assert "secret" not in str(told.value)
    assert "secret" not in repr(run(1).errors)


def test_without_a_key_a_run_says_where_to_give_one(b2b, monkeypatch):
    monkeypatch.delenv("B2B_API_KEY")
    core.settings.reset()

    with pytest.raises(ConfigurationError, match="No API key for the B2B catalogue"):
        sync_now(PRODUCTS)

    assert len(b2b.log) == 0
    assert run(1).status == "failed"


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        (Status(status=429, retry_after=120), 119, 121),
        (Status(status=429, retry_at=120), 110, 121),
        (Status(status=429, retry_after=10**9), 3599, 3601),
        (Status(status=503, retry_after=120), 119, 121),
    ],
    ids=["seconds", "date", "absurd", "unavailable"],
)
def test_the_source_says_when_to_come_back(b2b, fault, least, most):
    b2b.faults.add(fault)

    with pytest.raises(RetriableError):
        sync_now(PRODUCTS)

    waiting, now = run(1), resuming.take(PRODUCTS, {})
    assert waiting.status == "due"
    assert isinstance(now, gate.Waiting)
    seconds = (now.not_before - waiting.heartbeat_at).total_seconds()
    assert least <= seconds <= most + 2
    assert len(b2b.log) == 1


@pytest.mark.parametrize("retry_after", ["soon", "-5", None], ids=["garbage", "negative", "none"])
def test_a_wait_that_makes_no_sense_is_our_own_to_choose(b2b, retry_after):
    b2b.faults.add(Status(status=429, retry_after=retry_after))

    with pytest.raises(RateLimitError) as told:
        sync_now(PRODUCTS)

    assert told.value.retry_after is None
    assert state("b2b.products").source_wait_until is None
    assert len(b2b.log) == 1


def test_a_source_that_recovers_within_a_call_is_not_noticed(b2b):
    b2b.faults.add(Status(status=503, page=2, times=2))

    done = sync_now(PRODUCTS)

    assert (done["status"], counts(done)) == ("succeeded", {"created": 25})
