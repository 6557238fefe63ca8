"""Which till speaks: its serial, its token, and nothing less than its level; when it was here."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from flask import Flask
from hypothesis import given as for_all
from hypothesis import strategies as some
from sqlalchemy import select

from api.till import signatures
from api.web import access
from core import logs
from db.access import operators
from db.models import Terminal
from db.session import writing
from db.tills import terminals
from tests.api import door as stage
from tests.api.door import OTHER, PATH, SERIAL, Door, clock, code, read, set_level, signed

TOKEN_SHAPED = "mlt_" + "A" * 43


@pytest.fixture
def till_id(store) -> int:
    return stage.furnish()


@pytest.fixture
def door(app, till_id) -> Door:
    return Door(app)


# Level 0: the serial.


def test_a_till_is_known_with_its_shop(door, till_id):
    answer = door.send()

    assert answer.status_code == 200
    assert answer.get_json() == {
        "id": till_id,
        "shop_id": 1,
        "serial": SERIAL,
        "name": "Caisse 1",
        "level": 0,
        "duplicates": "answer",
        "shop_name": "Ma Boutique",
        "currency": "CDF",
        "timezone": "Africa/Kinshasa",
        "stock_policy": "reject",
    }


def test_it_costs_one_query_and_no_writing_once_it_was_noted(door):
    door.send()
    with stage.statements() as told:
        door.send()

    assert [text.split()[0] for text in told if text != "BEGIN"] == ["SELECT"]


@pytest.mark.parametrize("serial", [None, "", "  "])
def test_without_a_serial_it_is_the_guides_400(door, serial):
    answer = door.send(serial=serial)

    assert answer.status_code == 400
    assert answer.data.decode() == (
        '{"error": "Numéro de série du terminal requis dans les headers", '
        '"code": "MISSING_SERIAL", "header_required": "X-Device-Serial"}'
    )


def test_unknown_and_revoked_are_the_same_404_to_the_byte(door):
    with writing() as session:
        terminals.revoke(session, terminals.find(session, OTHER))

    serials = ("unknown", OTHER, SERIAL.upper(), "a b", "é", "x" * 10_000, "' OR 1=1 --", "a\x00b")
    answers = [door.send(serial=serial) for serial in serials]

    whole = {(answer.status_code, answer.data, answer.content_type) for answer in answers}
    assert len(whole) == 1
    assert json.loads(answers[0].data) == {
        "error": "Terminal non trouvé ou inactif",
        "code": "TERMINAL_NOT_FOUND",
    }
    assert {frozenset(answer.headers.keys()) for answer in answers} == {
        frozenset(answers[0].headers.keys())
    }


def test_a_till_that_is_revoked_is_out_at_its_next_request(door):
    assert door.send().status_code == 200
    with writing() as session:
        terminals.revoke(session, terminals.find(session, SERIAL))

    assert code(door.send()) == (404, "TERMINAL_NOT_FOUND")


def test_tills_and_operators_do_not_enter_where_the_other_may(door):
    with writing() as session:
        admin = operators.add(session, name="Awa", role="admin")[1]
    bearer = {"Authorization": f"Bearer {admin}"}

    assert code(door.send(serial=None, headers=bearer)) == (400, "MISSING_SERIAL")
    assert door.send("GET /api/ops/syncs").status_code == 401


# Level 1: the token.


def test_level_1_wants_the_serial_and_the_token(door):
    token = set_level(1)

    assert door.send(headers={"X-Device-Token": token}).status_code == 200
    assert code(door.send(serial=None, headers={"X-Device-Token": token}))[0] == 400
    refused = door.send()
    assert code(refused) == (401, "MISSING_TOKEN")
    assert refused.get_json()["header_required"] == "X-Device-Token"
    assert refused.headers["WWW-Authenticate"] == 'Device realm="moulin"'


def test_no_other_token_opens(door, till_id):
    token = set_level(1)
    digest = read(till_id).token_hash or ""

    wrong = [token[:-1], token + "A", token.lower(), token[4:], "mlt_", TOKEN_SHAPED, digest, "é"]
    for number, given in enumerate([*wrong, "A" * 60_000, token + "A" * 60_000]):
        answer = door.send(headers={"X-Device-Token": given})
        assert code(answer) == (401, "INVALID_TOKEN"), number


def test_a_token_opens_its_own_till_only(door):
    token = set_level(1)
    set_level(1, OTHER)

    answer = door.send(serial=OTHER, headers={"X-Device-Token": token})

    assert code(answer) == (401, "INVALID_TOKEN")


def test_a_new_token_voids_the_old_one(door):
    old, new = set_level(1), set_level(1)

    assert code(door.send(headers={"X-Device-Token": old})) == (401, "INVALID_TOKEN")
    assert door.send(headers={"X-Device-Token": new}).status_code == 200


# No level is passed with less.


@pytest.mark.parametrize(
    ("level", "shown", "expected"),
    [
        (0, "", 200),
        (0, "token", 200),
        (0, "signature", 200),
        (1, "", "MISSING_TOKEN"),
        (1, "signature", "MISSING_TOKEN"),
        (1, "token", 200),
        (1, "token and signature", 200),
        (2, "", "MISSING_SIGNATURE"),
        (2, "token", "MISSING_SIGNATURE"),
        (2, "signature", 200),
        (2, "token and signature", 200),
    ],
)
def test_a_level_is_never_passed_with_less(door, level, shown, expected):
    token = set_level(level) or TOKEN_SHAPED
    headers = {"X-Device-Token": token} if "token" in shown else {}
    headers |= signed("GET", PATH, token) if "signature" in shown else {}

    answer = door.send(headers=headers)

    assert expected in code(answer)


@pytest.mark.parametrize("level", [1, 2])
def test_a_row_that_lost_its_secret_lets_nobody_in(door, till_id, level):
    token = set_level(level)
    with writing() as session:
        kept = session.get_one(Terminal, till_id)
        kept.token_hash = kept.signing_key = None

    for key in (token, ""):
        headers = {"X-Device-Token": token} | signed("GET", PATH, key)
        assert code(door.send(headers=headers))[0] == 401


@pytest.mark.parametrize("level", [1, 2])
def test_every_door_of_the_tills_asks_for_the_whole_proof(door, level):
    set_level(level)
    needed = {1: "MISSING_TOKEN", 2: "MISSING_SIGNATURE"}[level]
    doors = [
        (method, rule.rule.replace("<batch_id>", "x"))
        for rule in door.app.url_map.iter_rules()
        if (found := access.rule_of(door.app, rule.endpoint)) and found.role == "terminal"
        for method in rule.methods or ()
    ]

    assert len(doors) > 5
    for method, path in doors:
        answer = door.send(f"{method} {path}", body=b"[]")
        assert answer.status_code == 401, path
        assert method == "HEAD" or code(answer)[1] == needed, path


# When it was here, and what its clock says.


@pytest.mark.parametrize("ahead", [-7200, 0, 95])
def test_the_clock_is_read_from_the_date_header(door, till_id, ahead):
    moment = datetime.fromtimestamp(clock(ahead), UTC)

    door.send(headers={"Date": format_datetime(moment, usegmt=True)})

    kept = read(till_id)
    assert kept.last_seen_at is not None
    assert kept.clock_offset is not None
    assert abs(kept.clock_offset - ahead) <= 5


def test_the_clock_is_read_from_the_timestamp_first_at_any_level(door, till_id):
    told = {"X-Device-Timestamp": str(clock(40)), "Date": "Thu, 01 Jan 1970 00:00:00 GMT"}

    door.send(headers=told)

    assert abs((read(till_id).clock_offset or 0) - 40) <= 5


@for_all(some.text(some.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60))
def test_no_timestamp_and_no_date_is_a_crash(value):
    app = Flask("alone")
    for header in ("X-Device-Timestamp", "Date"):
        with app.test_request_context(headers={header: value}):
            signatures.clock_offset(datetime.now(tz=UTC))


@pytest.mark.parametrize(
    "date", ["", "x", "Thu, 01 Jan 0001 00:00:00 +9999", "Thu, 01 Jan 2026 00:00:00 +" + "9" * 20]
)
def test_a_date_that_cannot_be_read_says_nothing(door, till_id, date):
    assert door.send(headers={"Date": date}).status_code == 200
    assert read(till_id).clock_offset is None


@pytest.mark.parametrize("level", [1, 2])
def test_who_proved_nothing_leaves_no_trace(door, till_id, level):
    set_level(level)

    door.send(headers={"X-Device-Timestamp": str(clock(100))})

    assert (read(till_id).last_seen_at, read(till_id).clock_offset) == (None, None)


def test_a_busy_store_delays_no_answer(door, till_id):
    with writing() as holder:
        holder.execute(select(Terminal).where(Terminal.id == till_id).with_for_update())
        began = time.monotonic()
        answer = door.send(headers={"X-Device-Timestamp": str(clock())})
        took = time.monotonic() - began

    assert answer.status_code == 200
    assert took < 2
    assert read(till_id).last_seen_at is None
    door.send()
    assert read(till_id).last_seen_at is not None


def test_nothing_secret_is_logged(door):
    log = io.StringIO()
    logs.configure(log)
    token = set_level(2)
    headers = signed("GET", PATH, token)
    for given in (headers, headers, {"X-Device-Token": token}):
        door.send(headers=given)
    for number in range(12):
        door.send(serial=f"guess-{number}")

    told = log.getvalue()
    assert "till.refused" in told
    assert "till.guessing" in told
    for secret in (token, headers["X-Device-Signature"], SERIAL, "guess-"):
        assert secret not in told
