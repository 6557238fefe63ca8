"""Square keeps the contract of its family."""

import pytest

from tests.contracts.pos.square import square_till
from tests.contracts.pos.suite import Contract


class TestSquare(Contract):
    @pytest.fixture
    def till(self):
        with square_till() as till:
            yield till
