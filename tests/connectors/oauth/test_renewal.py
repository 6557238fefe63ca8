"""Tokens on requests: renewed once, kept before use, believed to be over only when that is sure."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.tokens import FileTokens, Tokens
from core.errors import ConfigurationError
from tests.connectors.granting import (
    asking,
    authorised,
    credentials,
    endpoint,
    later,
)


def test_a_token_goes_with_each_request(vendor, kept, client):
    authorised(vendor, kept)

    assert client.get("me").data == {"name": "Le Vieux Moulin"}
    assert vendor.asked("token") == 0


def test_a_refused_token_is_renewed_and_the_request_repeated(vendor, kept, client):
    before = authorised(vendor, kept)
    vendor.oauth.end_access()

    assert client.get("me").status == 200
    after = kept.read()
    assert vendor.oauth.refreshes == 1
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token


def test_a_token_is_renewed_in_its_last_minute(vendor, kept):
    authorised(vendor, kept)
    made = endpoint(vendor.url)
    made.clock = later(minutes=58)
    with asking(vendor.url, credentials(vendor.url, kept, endpoint=made)) as client:
        client.get("me")
        assert vendor.oauth.refreshes == 0
        made.clock = later(minutes=59, seconds=30)
        client.get("me")

    assert vendor.oauth.refreshes == 1


def test_a_token_of_half_a_minute_is_not_renewed_before_each_request(vendor, kept, client):
    vendor.oauth.seconds = 30
    authorised(vendor, kept)

    for _ in range(3):
        client.get("me")

    assert vendor.oauth.refreshes == 0


@pytest.mark.parametrize(
    "end", [{}, {"expires_in": 0}, {"expires_in": -1}, {"expires_in": "soon"},
            {"expires_at": "2001-01-01T00:00:00Z"}], ids=str,
)  # fmt: skip
def test_a_token_without_a_sensible_end_is_renewed_when_it_is_refused(vendor, kept, client, end):
    vendor.oauth.end = end
    authorised(vendor, kept)

    for _ in range(3):
        client.get("me")
    assert vendor.oauth.refreshes == 0

    vendor.oauth.end_access()
    client.get("me")
    assert vendor.oauth.refreshes == 1


def test_a_refresh_token_that_does_not_rotate_stays(vendor, kept, client):
    vendor.oauth.rotates = False
    before = authorised(vendor, kept)
    for _ in range(2):
        vendor.oauth.end_access()
        client.get("me")

    assert kept.read().refresh_token == before.refresh_token
    assert vendor.oauth.refreshes == 2


def test_a_rotated_token_is_kept_before_it_is_used(vendor, kept, auth):
    seen = []

    class Watched(FileTokens):
        def keep(self, tokens, *, instead_of):
            seen.append(vendor.asked("me"))
            return super().keep(tokens, instead_of=instead_of)

    authorised(vendor, kept)
    vendor.oauth.end_access()
    with asking(vendor.url, credentials(vendor.url, Watched(kept.path))) as client:
        client.get("me")

    # After the request that was refused and before its repetition.
    assert seen == [1]
    assert vendor.asked("me") == 2


def test_threads_that_see_one_refusal_refresh_once(vendor, kept, client):
    authorised(vendor, kept)
    for storm in range(1, 4):
        vendor.oauth.end_access()
        together = threading.Barrier(25)

        def get(_: int, together: threading.Barrier = together) -> int:
            together.wait()
            return int(client.get("me").status)

        with ThreadPoolExecutor(25) as pool:
            assert set(pool.map(get, range(25))) == {200}
        assert vendor.oauth.refreshes == storm


def test_refreshing_by_hand_is_done_once_for_one_token(vendor, kept, auth, client):
    authorised(vendor, kept)
    together = threading.Barrier(10)

    def refresh(_: int) -> None:
        together.wait()
        auth.refresh()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(refresh, range(10)))
    auth.refresh()
    assert vendor.oauth.refreshes == 1

    client.get("me")
    auth.refresh()
    assert vendor.oauth.refreshes == 2


def test_who_looks_late_does_not_renew_what_was_just_renewed(vendor, kept):
    authorised(vendor, kept)
    looking, renewed = threading.Event(), threading.Event()

    class Late(FileTokens):
        def read(self) -> Tokens | None:
            if threading.current_thread() is late and not looking.is_set():
                looking.set()
                renewed.wait(0.3)
            return super().read()

    auth = credentials(vendor.url, Late(kept.path))
    late = threading.Thread(target=auth.refresh)
    late.start()
    looking.wait()
    auth.refresh()
    renewed.set()
    late.join()

    assert vendor.oauth.refreshes == 1


def test_others_may_not_read_the_file(vendor, kept, client):
    authorised(vendor, kept)
    assert kept.path.stat().st_mode & 0o777 == 0o600

    kept.path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        client.get("me")
