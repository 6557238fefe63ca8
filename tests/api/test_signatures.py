"""Level 2: a signature over the whole request, of this moment, used once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from http.client import HTTPConnection
from typing import Any

import pytest
from sqlalchemy import select

from api.till.errors import PREFIX
from api.web.body import MOST_BYTES
from db import bulk
from db.models import DeviceNonce, SalesBatch, Shop
from db.session import reading
from tests.api import door as stage
from tests.api.door import OTHER, PATH, SERIAL, Door, clock, code, count, set_level, signed

# By the command that docs/how-to/protect-a-till.md shows.
VECTOR = "0f8fe2093b824d1460e4e6602e3d5e1c7d73bfd482049654c46c65f9bbb31ad8"

SHAPES: dict[str, Callable[[datetime], str]] = {
    "seconds": lambda now: f"{now.timestamp():.0f}",
    "decimals": lambda now: f"{now.timestamp():.3f}",
    "offset": lambda now: now.isoformat(),
    "Z": lambda now: now.isoformat().replace("+00:00", "Z"),
    "elsewhere": lambda now: now.astimezone(timezone(timedelta(hours=-9))).isoformat(),
    ".NET": lambda now: now.strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00"),
}


@pytest.fixture
def door(app, store) -> Door:
    stage.furnish()
    return Door(app)


@pytest.fixture
def token(door) -> str:
    """The till is at level 2."""
    return set_level(2)


def names() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Shop.name).order_by(Shop.id)))


def test_a_signature_is_what_openssl_makes_of_it():
    made = signed(
        "POST", "/api/v2/simple/ventes/sync/", "mlt_exemple", body=b"[]", timestamp="1767225600"
    )

    assert made["X-Device-Signature"] == VECTOR


def test_a_signed_request_is_let_in_and_its_body_reaches_the_view(door, token):
    assert door.send_signed(token).status_code == 200
    assert door.send_signed(token, f"POST {PATH}", body="Orléans".encode()).status_code == 200
    assert names() == ["Ma Boutique", "Orléans"]


def test_capital_hex_and_a_nonce_are_fine_too(door, token):
    headers = signed("GET", PATH, token, nonce="5f0c")
    headers["X-Device-Signature"] = headers["X-Device-Signature"].upper()

    assert door.send(headers=headers).status_code == 200


def test_two_requests_of_one_second_differ_by_their_nonce(door, token):
    moment = f"{clock():.0f}"

    for nonce, status in ((None, 200), (None, 401), ("1", 200), ("2", 200), ("2", 401)):
        assert door.send_signed(token, timestamp=moment, nonce=nonce).status_code == status


@pytest.mark.parametrize("nonce", ["", "a b", "a\tb", "x" * 129])
def test_a_nonce_is_a_word_that_every_proxy_lets_through(door, token, nonce):
    assert code(door.send_signed(token, nonce=nonce)) == (401, "INVALID_SIGNATURE")


@pytest.mark.parametrize("target", [f"{PATH}?a=%C3%A9&b=%2f+c&a=", f"{PATH}?x=/../y"])
def test_the_query_is_signed_to_the_letter(door, token, target):
    assert door.send_signed(token, f"GET {target}").status_code == 200


@pytest.mark.parametrize("shape", SHAPES)
def test_a_timestamp_has_the_shapes_that_tills_write(door, token, shape):
    moment = SHAPES[shape](datetime.fromtimestamp(clock(), UTC))

    assert door.send_signed(token, timestamp=moment).status_code == 200


def test_what_is_no_moment_is_refused(door, token):
    naive = datetime.now(tz=UTC).replace(tzinfo=None).isoformat()
    wrong = ["now", "0", "-1", "1e9", "nan", "inf", "1767225600000", "2026-01-01", "9" * 10, "+5"]
    # latin-1 is what a header carries.
    wrong += [naive, "1" * 5000, "2026-13-01T00:00:00Z", "٣".encode().decode("latin-1")]

    for moment in wrong:
        answer = door.send_signed(token, timestamp=moment)
        assert code(answer) == (401, "INVALID_TIMESTAMP"), moment


@pytest.mark.parametrize(
    ("seconds", "status"), [(-3600, 401), (-310, 401), (-290, 200), (290, 200), (310, 401)]
)
def test_a_clock_may_be_five_minutes_off(door, token, seconds, status):
    answer = door.send_signed(token, timestamp=f"{clock(seconds):.6f}")

    assert answer.status_code == status


def test_one_bit_of_any_part_and_it_is_another_request(door, token):
    body, target, moment = b'[{"numero_facture": "V-1"}]', f"{PATH}?a=1", f"{clock():.6f}"
    whole = signed("POST", target, token, body=body, timestamp=moment, nonce="n1")
    signature = whole["X-Device-Signature"]
    flipped = f"{int(signature[-1], 16) ^ 1:x}"
    changes: list[dict[str, Any]] = [
        {"what": f"GET {target}"},
        {"what": f"POST {PATH}?a=0"},
        {"what": f"POST {PATH}?a=1&"},
        {"what": f"POST {PATH}?%61=1"},
        {"body": body.replace(b"1", b"0")},
        {"body": body + b" "},
        {"body": b""},
        {"X-Device-Timestamp": moment[:-1] + str(int(moment[-1]) ^ 1)},
        {"X-Device-Timestamp": moment + "0"},
        {"X-Device-Nonce": "n0"},
        {"X-Device-Nonce": ""},
        {"X-Device-Nonce": None},
        {"X-Device-Nonce": "n1\x01"},
        {"X-Device-Signature": signature[:-1] + flipped},
        {"X-Device-Signature": signature[:-1]},
        {"X-Device-Signature": signature + "0"},
        {"X-Device-Signature": "é"},
    ]

    for change in changes:
        answer = door.send(
            change.get("what", f"POST {target}"),
            headers={
                name: value
                for name, value in (whole | change).items()
                if name.startswith("X-") and value is not None
            },
            body=change.get("body", body),
        )
        assert code(answer) == (401, "INVALID_SIGNATURE"), change
    assert count(DeviceNonce) == 0
    assert door.send(f"POST {target}", headers=whole, body=body).status_code == 200


def test_the_signature_of_another_till_opens_nothing(door, token):
    theirs = set_level(2, OTHER)

    assert code(door.send_signed(theirs)) == (401, "INVALID_SIGNATURE")


@pytest.mark.parametrize("missing", ["X-Device-Signature", "X-Device-Timestamp"])
def test_what_is_missing_is_named(door, token, missing):
    headers = signed("GET", PATH, token)
    del headers[missing]

    answer = door.send(headers=headers)

    assert code(answer) == (401, "MISSING_SIGNATURE")
    assert answer.get_json()["header_required"] == missing


def test_a_signature_is_used_once(door, token):
    headers = signed("GET", PATH, token)

    assert door.send(headers=headers).status_code == 200
    again = door.send(headers=headers)
    headers["X-Device-Signature"] = headers["X-Device-Signature"].upper()

    assert code(again) == (401, "SIGNATURE_REPLAYED")
    assert code(door.send(headers=headers)) == (401, "SIGNATURE_REPLAYED")
    assert door.send_signed(token).status_code == 200


def test_what_was_carried_out_cannot_be_sent_again(door, token):
    headers = signed("POST", PATH, token, body=b"Lyon")

    answers = [code(door.send(f"POST {PATH}", headers=headers, body=b"Lyon")) for _ in range(2)]

    assert answers == [(200, None), (401, "SIGNATURE_REPLAYED")]
    assert names() == ["Ma Boutique", "Lyon"]


def test_what_was_not_carried_out_may_be_sent_again_as_it_is(door, token):
    headers = signed("POST", PATH, token, body=b"Lyon")
    door.failing = True

    assert door.send(f"POST {PATH}", headers=headers, body=b"Lyon").status_code == 503
    assert count(DeviceNonce) == 0
    assert door.send(f"POST {PATH}", headers=headers, body=b"Lyon").status_code == 200
    assert names() == ["Ma Boutique", "Lyon"]


def test_of_the_same_sent_ten_times_at_once_one_is_carried_out(door, token):
    headers = signed("POST", PATH, token, body=b"Lyon")
    together = threading.Barrier(10)
    told: list[tuple[int, str | None]] = []

    def post() -> None:
        together.wait()
        told.append(code(door.send(f"POST {PATH}", headers=headers, body=b"Lyon")))

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told, key=str) == [(200, None)] + [(401, "SIGNATURE_REPLAYED")] * 9
    assert names() == ["Ma Boutique", "Lyon"]


def test_sales_are_taken_in_once_for_each_signature(door, token):
    sales, batch = f"POST {PREFIX}ventes/sync/", b'[{"lignes": [{"article_id": 1}]}]'
    more = {"Prefer": "respond-async", "Idempotency-Key": "k1"}
    headers = signed("POST", f"{PREFIX}ventes/sync/", token, body=batch) | more

    first = door.send(sales, headers=headers, body=batch)
    again = door.send(sales, headers=headers, body=batch)
    resigned = headers | signed("POST", f"{PREFIX}ventes/sync/", token, body=batch)
    anew = door.send(sales, headers=resigned, body=batch)

    assert (first.status_code, anew.status_code) == (202, 202)
    assert code(again) == (401, "SIGNATURE_REPLAYED")
    assert anew.headers["Idempotent-Replayed"] == "true"
    assert count(SalesBatch) == 1


def test_a_signature_is_kept_until_it_is_too_old_to_be_used(door, token):
    door.send_signed(token, timestamp=f"{clock(200):.6f}")

    with reading() as session:
        left = session.scalars(select(DeviceNonce.expires_at)).one() - bulk.now(session)
    assert timedelta(seconds=500) < left < timedelta(seconds=600)


def test_a_body_over_the_cap_is_a_413_of_the_tills(door, token):
    answer = door.send_signed(token, f"POST {PATH}", body=b" " * (MOST_BYTES + 1))

    assert code(answer) == (413, "BODY_TOO_LARGE")
    assert "error" in answer.get_json()


def test_a_real_server_hands_over_what_was_signed(door, token):
    target = f"{PATH}?nom=%C3%A9&chemin=a%2Fb&vide="
    told = []
    with stage.listening(door.app) as port, closing(HTTPConnection("127.0.0.1", port)) as to:
        for method, body, signed_target, address in (
            ("GET", b"", target, target),
            ("GET", b"", f"{PATH}?", f"{PATH}?"),
            ("POST", b"Lyon", target, target),
            ("POST", b"Lille", target, f"http://caisses.example{target}"),
            ("GET", b"", target, f"{target}&encore"),
        ):
            headers = signed(method, signed_target, token, body=body)
            to.request(method, address, body=body, headers=headers | {"X-Device-Serial": SERIAL})
            answer = to.getresponse()
            told.append(answer.status)
            answer.read()

    assert told == [200, 200, 200, 200, 401]
    assert names() == ["Ma Boutique", "Lyon", "Lille"]
