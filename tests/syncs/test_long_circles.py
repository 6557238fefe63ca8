"""A circle of many categories: its warning can still be read."""

from sandbox import hierarchies
from syncs.sources.catalogue import CATEGORIES
from tests.syncs.running import sync_now


def test_a_long_circle_is_named_by_its_first_ten_categories(b2b):
    b2b.catalogue.categories.replace(hierarchies.cycle(500))

    [warning] = sync_now(CATEGORIES)["warnings"]

    assert warning.count("→") == 9
    assert "and 490 more are each other's parents; 1 put at the root" in warning
