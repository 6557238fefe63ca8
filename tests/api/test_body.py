"""Bodies: one meaning for every reader, or a 400 that names the place."""

from __future__ import annotations

import gc
import json
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.web import body
from api.web.problems import Problem
from tests.api.test_access import DOORS, PAGES, filled

HOSTILE = {
    "cut": (b'{"why": "a', "INVALID_JSON"),
    "words": (b"hello", "INVALID_JSON"),
    "blank": (b"   ", "INVALID_JSON"),
    "two documents": (b"{} {}", "INVALID_JSON"),
    "trailing comma": (b'{"why": "a",}', "INVALID_JSON"),
    "single quotes": (b"{'why': 'a'}", "INVALID_JSON"),
    "comment": (b'{"why": "a"} // b', "INVALID_JSON"),
    "raw control character": (b'{"why": "a\x00b"}', "INVALID_JSON"),
    "raw newline": (b'{"why": "a\nb"}', "INVALID_JSON"),
    "bad escape": (b'{"why": "\\x41"}', "INVALID_JSON"),
    "closed too often": (b"]" * 100_000, "INVALID_JSON"),
    "open strings": (b'"\\' * 100_000, "INVALID_JSON"),
    "form": (b"why=a&force=1", "INVALID_JSON"),
    "xml": (b"<why>a</why>", "INVALID_JSON"),
    "NaN": (b'{"options": {"site_id": NaN}}', "NOT_FINITE"),
    "Infinity": (b"[1, -Infinity]", "NOT_FINITE"),
    "nothing but NaN": (b"NaN", "NOT_FINITE"),
    "1e999": (b'{"options": {"site_id": 1e999}}', "NUMBER_TOO_LARGE"),
    "1e-999": (b"[1e-999]", "NUMBER_TOO_LARGE"),
    "an exponent of many digits": (b"[1e99999999999999999999]", "NUMBER_TOO_LARGE"),
    "5,000 digits": (b'{"options": {"site_id": ' + b"9" * 5000 + b"}}", "NUMBER_TOO_LONG"),
    "a million decimals": (b"[0." + b"1" * 1_000_000 + b"]", "NUMBER_TOO_LONG"),
    "equal keys": (b'{"why": "a", "why": "b"}', "DUPLICATE_KEY"),
    "equal keys, escaped": (b'{"why": "a", "\\u0077hy": "b"}', "DUPLICATE_KEY"),
    "equal keys, deep": (b'{"a": [{"b": {"c": 1, "c": 2}}]}', "DUPLICATE_KEY"),
    "NUL": (b'{"why": "a\\u0000b"}', "INVALID_CHARACTER"),
    "NUL in a key": (b'{"a\\u0000": 1}', "INVALID_CHARACTER"),
    "lone surrogate": (b'{"why": "\\ud800"}', "INVALID_CHARACTER"),
    "lone surrogate, small": (b'{"why": "\\udfff x"}', "INVALID_CHARACTER"),
    "surrogates the wrong way round": (b'["\\ude00\\ud83d"]', "INVALID_CHARACTER"),
    "Latin-1": ('{"why": "é"}'.encode("latin-1"), "INVALID_UTF8"),
    "overlong": (b'{"why": "\xc0\xaf"}', "INVALID_UTF8"),
    "a surrogate in UTF-8": (b'{"why": "\xed\xa0\x80"}', "INVALID_UTF8"),
    "UTF-16": ('{"why": "a"}'.encode("utf-16"), "BYTE_ORDER_MARK"),
    "byte order mark": (b'\xef\xbb\xbf{"why": "a"}', "BYTE_ORDER_MARK"),
    "33 levels": (b"[" * 33 + b"]" * 33, "TOO_DEEP"),
    "100,000 arrays": (b"[" * 100_000, "TOO_DEEP"),
    "100,000 objects": (b'{"a":' * 100_000, "TOO_DEEP"),
    "deep behind a string": (b'["\\"[[", ' + b"[" * 33, "TOO_DEEP"),
}
PLACES = {
    "NaN": "options.site_id",
    "Infinity": "1",
    "nothing but NaN": "",
    "equal keys": "why",
    "equal keys, deep": "a.0.b.c",
    "NUL": "why",
    "NUL in a key": "a\\u0000",
    "lone surrogate": "why",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_readers_may_understand_differently_is_refused(name):
    raw, code = HOSTILE[name]

    with pytest.raises(Problem) as caught:
        body.parse(raw)

    assert (caught.value.status, caught.value.code) == (400, code)


@pytest.mark.parametrize("name", PLACES)
def test_the_place_is_told_where_it_can_be(name):
    with pytest.raises(Problem) as caught:
        body.parse(HOSTILE[name][0])

    assert [error.field for error in caught.value.errors] == [PLACES[name]]


def test_no_endpoint_falls_over_a_hostile_body(ask):
    # The tills' own is in test_till_bad_input: there a value spoils one sale, not the body.
    doors = [
        door
        for door, role in DOORS.items()
        if door.startswith("POST ")
        and role != "terminal"
        # A webhook is a body of its vendor's, and is read by its signature.
        and "/webhooks/<name>/" not in door
    ]
    for name, (raw, code) in HOSTILE.items():
        for door in map(filled, doors):
            answer = ask(door, data=raw, content_type="application/json")

            # A page reads forms: there it is a form with nothing in it.
            if door in PAGES:
                assert answer.status_code in (303, 403, 409, 413, 422), (door, name)
                continue
            assert answer.status_code == 400, (door, name)
            assert answer.mimetype == "application/problem+json", (door, name)
            assert answer.get_json()["code"] == code, (door, name)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
        (b'{"a": "[[[[\\"{{{{"}', {"a": '[[[["{{{{'}),
        (b'["\\\\u0000", "\\ud83d\\ude00"]', ["\\u0000", "😀"]),
        (b"[1.10, -0, 0.0, 1E2]", [Decimal("1.10"), 0, Decimal("0.0"), Decimal("1E2")]),
        (b" [true, null] ", [True, None]),
        (b'{"a": {"b": 1}, "c": {"b": 2}}', {"a": {"b": 1}, "c": {"b": 2}}),
        (b"9" * 100, int("9" * 100)),
    ],
)
def test_what_has_one_meaning_is_read(raw, value):
    assert body.parse(raw) == value


@given(st.binary(max_size=200))
@example(b'"' + b"\\" * 99)
def test_no_bytes_do_worse_than_a_400(raw):
    # Anything but a value or this problem fails the test.
    with suppress(Problem):
        body.parse(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=20),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_honest_json_comes_out_as_it_went_in(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    if "\\u0000" in text:
        return

    assert body.parse(text.encode()) == value


@pytest.mark.parametrize(
    "piece", [b'"\\"', b"[],", b'"",', b"0,", b"\\u0000", b'{"a":0},', b'"a\\u0000",', b"1.5,"]
)
def test_two_mebibytes_of_anything_are_read_in_linear_time(piece):
    def seconds(size):
        raw = b"[" + piece * (size // len(piece)) + b"0]"
        began = time.thread_time()
        with suppress(Problem):
            body.parse(raw)
        return time.thread_time() - began

    # The collector would walk over whatever the tests before us have left.
    gc.disable()
    try:
        small, large = seconds(body.MOST_BYTES // 8), seconds(body.MOST_BYTES)
    finally:
        gc.enable()

    # Sixty-four times would be the square; a busy machine makes eight a little more.
    assert large < max(30 * small, 1.0)


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"whY": "a"}, ["whY"]),
        ({"why": 1, "force": "yes"}, ["why", "force"]),
        ({"force": 1}, ["force"]),
        ({"why": ""}, ["why"]),
        ({"why": "two\nlines"}, ["why"]),
        ({"why": "a" * 501}, ["why"]),
        ({"options": {"site_id": True}}, ["options.site_id"]),
        ({"options": {"site_id": 2**63}}, ["options.site_id"]),
        ({"options": {"nothing": 1}}, ["options"]),
        ({"options": {"site_id": "seven"}}, ["options"]),
        ([], [""]),
        ("run", [""]),
        (None, [""]),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_repeated(ask, sent, fields):
    door = "POST /api/ops/syncs/b2b.products/run"

    answer = ask(door, data=json.dumps(sent), content_type="application/json")

    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == fields
    assert "seven" not in answer.text
    assert "two" not in answer.text


def test_a_thousand_wrong_fields_are_not_all_listed(ask):
    sent = {f"field{number}": 1 for number in range(1000)}

    answer = ask("POST /api/ops/syncs/b2b.products/run", json=sent)

    assert len(answer.get_json()["errors"]) == body.MOST_ERRORS


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_another_media_type_is_refused(ask, headers):
    answer = ask("POST /api/ops/syncs/b2b.products/run", data=b"{}", headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_two_mebibytes_are_read_and_one_byte_more_is_not(ask):
    def post(size):
        data = b'{"why": "' + b"a" * (size - 11) + b'"}'
        door = "POST /api/ops/syncs/b2b.products/run"
        return ask(door, data=data, content_type="application/json")

    assert post(body.MOST_BYTES).status_code == 422  # a reason is one line
    refused = post(body.MOST_BYTES + 1)

    assert (refused.status_code, refused.get_json()["code"]) == (413, "BODY_TOO_LARGE")
