"""A person's tills, as far as reading shows what their vendor keeps; only ``grade`` runs this."""

from __future__ import annotations

import pytest

from tests.contracts.live import LiveAccount
from tests.contracts.pos.reads import Reads


class TestLive(Reads):
    @pytest.fixture
    def account(self, request: pytest.FixtureRequest):
        return LiveAccount(request.config.getoption("--connector"))
