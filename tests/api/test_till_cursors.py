"""A cursor comes back as it went; whatever was not written by us is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.till import cursors
from api.till.cursors import Place

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
places = st.builds(
    Place,
    st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001, the zone is given beside
    st.integers(min_value=1, max_value=2**63 - 1),
)


@given(places)
def test_a_place_comes_back(place):
    assert cursors.read(b"v", cursors.write(b"v", place)) == place


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[A-Za-z0-9_=-]{20,26}", fullmatch=True)))
def test_any_text_is_a_place_or_a_value_error(text):
    try:
        place = cursors.read(b"v", text)
    except ValueError:
        return
    assert cursors.write(b"v", place) == text


@given(places, st.integers(0, 22), st.sampled_from("AZaz09-_=+/ \n"))
def test_no_two_texts_are_one_place(place, position, letter):
    text = cursors.write(b"v", place)
    other = text[:position] + letter + text[position + 1 :]
    try:
        found = cursors.read(b"v", other)
    except ValueError:
        return
    assert (found == place) == (other == text)


def test_a_cursor_is_of_one_list():
    text = cursors.write(b"v", Place(AT, 1))

    with pytest.raises(ValueError, match="another list"):
        cursors.read(b"a", text)


@pytest.mark.parametrize("ident", [0, -1])
def test_a_row_that_cannot_be_is_refused(ident):
    with pytest.raises(ValueError):
        cursors.read(b"v", cursors.write(b"v", Place(AT, ident)))


@pytest.mark.parametrize("year", [1, 1899, 9001, 9999])
def test_a_moment_that_no_time_zone_knows_is_no_place(year):
    text = cursors.write(b"v", Place(datetime(year, 12, 31, 23, tzinfo=UTC), 1))

    with pytest.raises(ValueError, match="cursor"):
        cursors.read(b"v", text)
