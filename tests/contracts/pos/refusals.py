"""What every vendor of tills keeps when it is refused; still nothing is written there."""

from __future__ import annotations

import pytest

from connectors import errors
from connectors.families import PointOfSale
from tests.contracts.pos.reads import Reads
from tests.contracts.pos.till import Refusing


class Refusals(Reads):
    """The reads, and the vendor that refuses them."""

    def test_refused_credentials_are_an_authentication_error(
        self, account: Refusing, pos: PointOfSale
    ):
        account.forget_token()

        with pytest.raises(errors.AuthenticationError) as error:
            pos.connect()

        assert not error.value.is_retriable
        assert account.asked == 1

    def test_a_missing_right_is_named(self, account: Refusing, pos: PointOfSale):
        account.take_scopes()

        with pytest.raises(errors.ForbiddenError) as error:
            pos.connect()

        assert error.value.reason
        assert error.value.reason in str(error.value)

    def test_a_limit_is_obeyed_and_says_when(self, account: Refusing, pos: PointOfSale):
        account.refuse_once(429, retry_after=7)

        with pytest.raises(errors.RateLimitError) as limited:
            pos.connect()
        with pytest.raises(errors.RateLimitError) as still:
            pos.connect()

        assert limited.value.retry_after == 7
        assert 0 < (still.value.retry_after or 0) <= 7
        assert account.asked == 1
