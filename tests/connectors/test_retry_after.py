from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import retry_after
from connectors.http.response import Answer

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("3601", 3600.0),
        ("9" * 400, 3600.0),
        ("Sat, 21 Nov 2026 10:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 11:01:30 +0100", 90.0),
        ("Saturday, 21-Nov-26 10:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 10:01:30 -0000", 90.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2099 09:00:00 GMT", 3600.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("soon", None),
        ("Sat, 99 Nov 2026 10:00:00 GMT", None),
        ("Sat, 21 Nov 2026 10:00:00 +99999999999", None),
    ],
)
def test_a_wait_is_seconds_within_an_hour_or_nothing(header, wait):
    assert retry_after.seconds(header, now=NOW) == wait


@given(st.text(st.characters(max_codepoint=255)) | st.from_regex(r"\w{3}, \d+ Nov \d+ \d+:\d+ .*"))
def test_no_header_breaks_the_call(header):
    wait = retry_after.seconds(header, now=NOW)

    assert wait is None or 0 <= wait <= 3600


@pytest.mark.parametrize(
    ("date", "now"),
    [
        ("Sat, 21 Nov 2026 06:00:00 GMT", datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 06:00:00 -0000", datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_an_answer_says_what_time_it_is_at_the_source(date, now):
    headers = {} if date is None else {"Date": date}

    assert Answer(data=None, headers=headers, status=200).now == now
