"""The B2B inventory on real HTTP, tied to a fresh store: ten records a page, 25 products."""

from collections.abc import Iterator

import pytest

import core.settings
from connectors.catalogue import bolibana
from connectors.http import attempts
from sandbox import b2b as inventory
from sandbox import hierarchies


@pytest.fixture
def b2b(store, monkeypatch: pytest.MonkeyPatch) -> Iterator[inventory.B2B]:
    """25 products on three pages and six categories (one tree), which may be edited."""
    with inventory.serve(products=25, key="secret") as source:
        source.catalogue.categories.replace(hierarchies.chain(6))
        for n in source.catalogue.products:
            source.catalogue.products.edit(n, category_id=n % 6 + 1, stock=n, price=f"{n}.50")
        monkeypatch.setenv("B2B_API_URL", source.url)
        monkeypatch.setenv("B2B_API_KEY", source.key)
        monkeypatch.setattr(bolibana, "PAGE_SIZE", 10)
        # The client's pauses before it asks again; what it asks, and how often, stays its own.
        monkeypatch.setattr(attempts, "FIRST_PAUSE", 0.0)
        core.settings.reset()
        yield source
