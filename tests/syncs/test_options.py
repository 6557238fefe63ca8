"""Options of a sync: what is no whole number is refused before a run or a source sees it."""

import pytest

from core.errors import RefusedError
from syncs.sources.catalogue import PRODUCTS


@pytest.mark.parametrize(
    "value",
    [True, False, 1.5, float("nan"), float("inf"), -1, "-2", 10**18 + 1, "9" * 5000, [], ""],
)
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(RefusedError, match=r"^site_id: integer from 0 to 1000000000000000000 exp"):
        PRODUCTS.check_options({"site_id": value})


@pytest.mark.parametrize(("value", "kept"), [(0, 0), ("2", 2), (3.0, 3), (10**18, 10**18)])
def test_a_whole_number_is_kept_as_one(value, kept):
    found = PRODUCTS.check_options({"site_id": value})["site_id"]

    assert (found, type(found)) == (kept, int)
