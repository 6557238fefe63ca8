"""What is sent to a person's account reads; anything else is refused before it leaves."""

from __future__ import annotations

import pytest

from connectors.http.client import HTTPClient
from sandbox import square
from tests.contracts.live import LiveAccount, WriteError


@pytest.fixture
def source():
    with square.serve() as served:
        yield served


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_a_write_is_not_sent(source, verb):
    account = LiveAccount("mine")
    http = account.read_only(HTTPClient(source.url))

    with pytest.raises(WriteError, match="v2/catalog/batch-upsert"):
        getattr(http, verb)("v2/catalog/batch-upsert")

    assert len(source.log) == account.asked == 0
