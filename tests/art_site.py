"""The art site on real HTTP, tied to a fresh store: paintings ten a page, orders five."""

from collections.abc import Iterator

import pytest

import core.settings
from connectors.http import attempts
from connectors.template import export
from sandbox import template as site


@pytest.fixture
def template(store, monkeypatch: pytest.MonkeyPatch) -> Iterator[site.Template]:
    """25 paintings and 12 orders on three pages each, 8 users, and what else there is."""
    with site.serve(paintings=25, orders=12, users=8, custom_requests=5, key="sk_test") as source:
        monkeypatch.setenv("TEMPLATE_BASE_URL", source.url)
        monkeypatch.setenv("TEMPLATE_API_KEY", source.key)
        monkeypatch.setattr(export, "PAINTINGS_LIMIT", 10)
        monkeypatch.setattr(export, "ORDERS_LIMIT", 5)
        # The client's pauses before it asks again; what it asks, and how often, stays its own.
        monkeypatch.setattr(attempts, "FIRST_PAUSE", 0.0)
        core.settings.reset()
        yield source
