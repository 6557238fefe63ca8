from __future__ import annotations

from typing import Any

import pytest

from connectors.http import auth
from connectors.http.client import HTTPClient
from connectors.http.deadline import Timeouts
from connectors.http.response import Answer
from tests.connectors.asking import KEY


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def ask(pauses):
    """Ask a source once; pauses are noted and not slept."""

    def get(url: str, timeout: float = 5, deadline: float = 10, **options: Any) -> Answer:
        client = HTTPClient(
            url,
            auth=auth.bearer(KEY, where="look"),
            advice="look at B2B_API_KEY",
            sleep=pauses.append,
            random=lambda: 1.0,
            timeouts=Timeouts(read=timeout, total=deadline),
            **options,
        )
        try:
            return client.get("api/products/", {"page": "1", "secret": KEY})
        finally:
            client.close()

    return get
