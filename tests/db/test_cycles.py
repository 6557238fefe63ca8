"""Trees that bite their own tail: every cycle is opened once, at its lowest member."""

from hypothesis import given
from hypothesis import strategies as st

from db.catalogue.categories import open_cycles, slug

PARENTS = st.integers(1, 12).flatmap(
    lambda size: st.fixed_dictionaries(
        {n: st.none() | st.integers(1, size) for n in range(1, size + 1)}
    )
)


def reaches_a_root(parents: dict[int, int | None], start: int) -> bool:
    """Whether the way up from ``start`` ends."""
    here: int | None = start
    for _ in range(len(parents) + 1):
        if here is None:
            return True
        here = parents.get(here)
    return False


@given(PARENTS)
def test_afterwards_every_way_up_ends(parents):
    open_cycles(parents)

    assert all(reaches_a_root(parents, n) for n in parents)


@given(PARENTS)
def test_only_the_lowest_member_of_a_cycle_is_moved(parents):
    before = dict(parents)

    cycles = open_cycles(parents)

    moved = {n for n in parents if parents[n] != before[n]}
    assert moved == {cycle[0] for cycle in cycles}
    assert all(parents[n] is None for n in moved)
    assert all(cycle[0] == min(cycle) for cycle in cycles)


@given(PARENTS)
def test_a_cycle_is_told_as_it_was(parents):
    before = dict(parents)

    for cycle in open_cycles(parents):
        around = [*cycle[1:], cycle[0]]
        assert all(before[child] == parent for child, parent in zip(cycle, around, strict=True))


@given(PARENTS)
def test_a_tree_is_left_alone(parents):
    open_cycles(parents)
    before = dict(parents)

    assert open_cycles(parents) == []
    assert parents == before


def test_a_chain_of_a_hundred_thousand_ends():
    parents: dict[int, int | None] = {n: n - 1 if n > 1 else None for n in range(1, 100_001)}

    assert open_cycles(parents) == []


def test_a_parent_that_is_nowhere_is_an_end():
    assert open_cycles({1: 99}) == []


@given(st.text(max_size=500), st.text("0123456789abc", min_size=1, max_size=64))
def test_a_slug_is_plain_fits_and_keeps_the_id(name, external_id):
    found = slug(name, external_id)

    assert found.isascii()
    assert len(found) <= 600
    assert found.endswith(external_id)
    assert not found.startswith("-")
