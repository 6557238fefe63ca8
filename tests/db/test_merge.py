"""Base, ours, theirs: what each field becomes, what is pushed, what is a conflict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records.merge import Conflict, Merged, Owner, merge

BOTH = {"phone": Owner.BOTH}
VALUES = st.integers(0, 3)


def merged(base: object, ours: object, theirs: object, *, wins: Owner = Owner.THEIRS) -> Merged:
    """One field that either side may change."""
    return merge({"phone": base}, {"phone": ours}, {"phone": theirs}, BOTH, wins=wins)


def test_what_nobody_changed_stays_and_nothing_is_pushed():
    assert merged("1", "1", "1") == Merged({"phone": "1"})


def test_what_only_they_changed_is_taken():
    assert merged("1", "1", "2") == Merged({"phone": "2"})


def test_what_only_we_changed_is_kept_and_pushed():
    assert merged("1", "2", "1") == Merged({"phone": "2"}, {"phone": "2"})


def test_what_both_changed_alike_is_no_conflict():
    assert merged("1", "2", "2") == Merged({"phone": "2"})


def test_what_both_changed_is_a_conflict_and_they_win():
    told = merged("1", "2", "3")

    assert told == Merged({"phone": "3"}, {}, (Conflict("phone", "1", "2", "3"),))


def test_a_conflict_that_we_win_is_pushed():
    told = merged("1", "2", "3", wins=Owner.OURS)

    assert told == Merged({"phone": "2"}, {"phone": "2"}, (Conflict("phone", "1", "2", "3"),))


def test_emptying_a_field_is_a_change_too():
    assert merged("1", None, "1") == Merged({"phone": None}, {"phone": None})
    assert merged("1", "1", None) == Merged({"phone": None})


def test_what_was_never_agreed_on_is_a_conflict_unless_it_is_equal():
    differing = merge({}, {"phone": "1"}, {"phone": "2"}, BOTH)

    assert differing.conflicts == (Conflict("phone", None, "1", "2"),)
    assert merge({}, {"phone": "1"}, {"phone": "1"}, BOTH) == Merged({"phone": "1"})


@pytest.mark.parametrize(("owner", "value"), [(Owner.OURS, "2"), (Owner.THEIRS, "3")])
def test_an_owner_decides_alone(owner, value):
    told = merge({"title": "1"}, {"title": "2"}, {"title": "3"}, {"title": owner})

    assert told == Merged({"title": value})


def test_what_each_side_added_to_a_count_counts():
    told = merge({"stock": 10}, {"stock": 7}, {"stock": 15}, {"stock": Owner.SUM})

    assert told == Merged({"stock": 12})


def test_fields_are_merged_one_by_one():
    base = {"phone": "1", "name": "Ana"}

    told = merge(
        base, {"phone": "2", "name": "Ana"}, {"phone": "1", "name": "Anna"},
        {"phone": Owner.BOTH, "name": Owner.BOTH},
    )  # fmt: skip

    assert told == Merged({"phone": "2", "name": "Anna"}, {"phone": "2"})


@given(VALUES, VALUES, VALUES, st.sampled_from([Owner.OURS, Owner.THEIRS]))
def test_once_pushed_and_agreed_on_nothing_circles(base, ours, theirs, wins):
    first = merged(base, ours, theirs, wins=wins).values["phone"]

    # The push is done: they have it, we have it, and that is the new base.
    assert merged(first, first, first, wins=wins) == Merged({"phone": first})
