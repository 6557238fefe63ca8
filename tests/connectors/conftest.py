from __future__ import annotations

from typing import Any

import pytest

from connectors.http import client as module
from connectors.http.client import HTTPClient
from tests.connectors.asking import KEY


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def ask(pauses):
    """Ask a source once; pauses are noted and not slept."""

    def get(url: str, **options: Any) -> module.Answer:
        client = HTTPClient(
            url,
            headers={"Authorization": f"Bearer {KEY}"},
            advice="look at B2B_API_KEY",
            sleep=pauses.append,
            random=lambda: 1.0,
            **{"timeout": 5, "deadline": 10, **options},
        )
        try:
            return client.get_json("api/products/", {"page": "1", "secret": KEY})
        finally:
            client.close()

    return get
