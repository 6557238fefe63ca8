"""A configured connector whose vendor is in trouble: what was asked, what is in the store, and what
the run's row says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from connectors import errors
from connectors.limits.circuit import FAILURES
from connectors.limits.shared_circuit import SharedCircuit
from sandbox import square
from sandbox.faults import Cut, Empty, Fault, Hang, Missing, Redirect, Status, Truncated
from sandbox.square import orders
from sandbox.square.cursors import Cursors
from syncs import gate, resuming, shared
from syncs.declaration import AnySync
from tests.connectors.folder import configure, square_at
from tests.servers import until
from tests.syncs.configured.conftest import NOON, Shop
from tests.syncs.rows import run
from tests.syncs.running import sync_now

PAGE = 10


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """25 orders, on three pages."""
    shop.vendor.page_size = PAGE
    second = timedelta(seconds=1)
    shop.vendor.add(*orders.made(25, locations=["LFICTIVE1"], start=NOON, every=second))
    return shop


def fail(sync: AnySync) -> None:
    with pytest.raises((errors.ServerError, errors.CircuitOpenError)):
        sync_now(sync)


def may_run(sync: AnySync) -> bool:
    return not isinstance(resuming.take(sync, {}), gate.Waiting)


TROUBLE: dict[str, tuple[Fault, type[errors.APIError], str, int]] = {
    "a server error": (Status(status=500), errors.ServerError, "in trouble", 3),
    "a rate limit": (Status(status=429), errors.RateLimitError, "too many calls", 1),
    "a cut body": (Cut(), errors.ConnectionError, "was cut", 3),
    "half of the JSON": (Truncated(), errors.AnswerError, "broken JSON", 3),
    "no body": (Empty(), errors.AnswerError, "an object with orders is expected", 1),
    "another host": (Redirect(), errors.RequestError, "redirect", 1),
}


@pytest.mark.parametrize(("fault", "error", "sentence", "tries"), TROUBLE.values(), ids=TROUBLE)
def test_trouble_on_the_second_page_keeps_the_first_and_the_run_goes_on_there(
    shop, fault, error, sentence, tries
):
    struck = fault.model_copy(update={"endpoint": "orders-search", "start": 2})
    shop.vendor.faults.add(struck)

    with pytest.raises(error, match=sentence) as raised:
        sync_now(shop.transactions)

    assert (run(1).status, run(1).error) == ("failed", str(raised.value))
    assert (len(shop.stored), len(shop.searches)) == (PAGE, 1 + tries)
    shop.vendor.faults.clear()
    shared.breaker.cache_clear()

    done = sync_now(shop.transactions, resume=True)

    assert (done["run_id"], done["status"], len(shop.stored)) == (1, "succeeded", 25)
    assert len(shop.searches) == 1 + tries + 2


def test_silence_ends_after_the_configured_timeout(shop, monkeypatch, tmp_path):
    hasty = square_at(shop.vendor.url, connection={"retry_delay": 0, "timeout": 0.5})
    configure(monkeypatch, tmp_path / "hasty", square=hasty)
    shop.vendor.faults.add(Hang(seconds=30, endpoint="orders-search", start=2))

    with pytest.raises(errors.ConnectionError, match=r"silent for 0\.5 s"):
        sync_now(shop.transactions)

    assert (run(1).status, len(shop.stored), len(shop.searches)) == ("failed", PAGE, 1 + 3)


def test_a_token_that_ends_in_the_middle_keeps_the_pages_before(shop):
    token = shop.vendor.tokens[square.DEMO_TOKEN]

    shop.after_search(1, lambda: setattr(token, "expires_at", shop.vendor.clock()))

    with pytest.raises(errors.AuthenticationError, match="ACCESS_TOKEN_EXPIRED"):
        sync_now(shop.transactions)

    assert (run(1).status, len(shop.stored), shop.searches) == ("failed", PAGE, [200, 401])


def test_a_missing_scope_is_named_and_asked_for_once(shop):
    shop.vendor.tokens[square.DEMO_TOKEN].scopes = frozenset({"MERCHANT_PROFILE_READ"})

    with pytest.raises(errors.ForbiddenError, match="INSUFFICIENT_SCOPES"):
        sync_now(shop.transactions)

    assert "INSUFFICIENT_SCOPES" in run(1).error
    assert (len(shop.stored), shop.searches) == (0, [403])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_pause_that_the_vendor_asks_for_is_kept_by_all_its_syncs(shop):
    shop.vendor.faults.add(Status(status=429, retry_after=3600, endpoint="orders-search"))
    with pytest.raises(errors.RateLimitError):
        sync_now(shop.transactions)
    asked = len(shop.vendor.log)

    with pytest.raises(errors.RateLimitError):
        sync_now(shop.products)
    assert isinstance(resuming.take(shop.transactions, {}), gate.Waiting)

    assert (shop.searches, len(shop.vendor.log)) == ([429], asked)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_storm_of_limits_is_one_request_a_try_and_opens_no_breaker(shop):
    shop.vendor.faults.add(Status(status=429))
    for _ in range(FAILURES + 1):
        with pytest.raises(errors.RateLimitError):
            sync_now(shop.transactions)
        # Its pauses, which grow, are over.
        shared.limiter.cache_clear()

    assert [each.status for each in shop.vendor.log] == [429] * (FAILURES + 1)
    assert shared.breaker("square").state == "closed"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_storm_of_errors_opens_the_breaker_and_then_one_probe_is_sent(shop, monkeypatch):
    monkeypatch.setattr(shared, "SharedCircuit", partial(SharedCircuit, rest=1.0))
    shop.vendor.faults.add(Status(status=500))
    fail(shop.transactions)
    fail(shop.transactions)
    # Nothing is sent for a second, whichever sync asks.
    fail(shop.products)
    assert len(shop.vendor.log) == FAILURES

    until(lambda: may_run(shop.transactions), what="the end of the pause")
    fail(shop.transactions)
    assert len(shop.vendor.log) == FAILURES + 1

    shop.vendor.faults.clear()
    until(lambda: may_run(shop.transactions), what="the end of the pause")
    assert sync_now(shop.transactions)["status"] == "succeeded"
    assert (shared.breaker("square").state, len(shop.stored)) == ("closed", 25)


def test_a_cursor_that_expires_loses_no_order_and_doubles_none(shop):
    for number in (1, 3):
        shop.after_search(number, lambda n=number: shop.vendor.turn({"later": 360 * n}))

    done = sync_now(shop.transactions)

    assert (done["status"], done["created"], len(shop.stored)) == ("succeeded", 25, 25)
    assert shop.searches == [200, 400, 200, 400, 200]
    assert (done["errors"], done["duplicates"]) == (0, 0)


class Astray(Cursors):
    """Each page leads to the first one, which is said to be at another host."""

    def page(
        self, query: object, cursor: str | None, limit: int, find: Callable[[], Sequence[Any]]
    ) -> tuple[Sequence[Any], str | None]:
        return find()[:limit], "https://thief.example/v2/orders/search"


def test_a_cursor_that_leads_back_or_elsewhere_ends_the_run(shop):
    shop.vendor.cursors = Astray(shop.vendor.clock)

    with pytest.raises(errors.PaginationError, match="leads back"):
        sync_now(shop.transactions)

    assert (run(1).status, len(shop.stored), shop.searches) == ("failed", PAGE, [200, 200])


def test_a_field_that_is_gone_ends_the_run_and_not_the_store(shop):
    sync_now(shop.transactions)
    shop.vendor.faults.add(Missing(field="locations", endpoint="locations"))

    with pytest.raises(errors.AnswerError, match="locations"):
        sync_now(shop.transactions)

    assert (run(2).status, len(shop.stored)) == ("failed", 25)
