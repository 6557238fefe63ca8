from __future__ import annotations

from decimal import Decimal

import pytest

from connectors import currencies


@pytest.mark.parametrize(
    ("minor", "currency", "units"),
    [
        (2400, "EUR", "24.00"),
        (-5, "EUR", "-0.05"),
        (2400, "JPY", "2400"),
        (2400, "XOF", "2400"),
        (2400, "KWD", "2.400"),
        (2**63, "EUR", "92233720368547758.08"),
    ],
)
def test_minor_units_and_units_are_the_same_amount(minor, currency, units):
    assert str(currencies.units(minor, currency)) == units
    assert currencies.minor(Decimal(units), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.005", "EUR"), ("0.5", "JPY"), ("NaN", "EUR"), ("Infinity", "EUR")]
)
def test_a_fraction_that_the_currency_does_not_have_is_refused(amount, currency):
    with pytest.raises(ValueError, match=r"decimals|no amount"):
        currencies.minor(Decimal(amount), currency)
