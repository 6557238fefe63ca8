"""Amounts between a vendor's minor units (cents) and units (euros), by currency (ISO 4217)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

_TWO = 2
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {currency: places for places, names in _OTHERS.items() for currency in names.split()}


def decimals(currency: str) -> int:
    """How many decimals an amount has: 2 for EUR, none for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, _TWO)


# A day has far fewer prices than lines.
@lru_cache(maxsize=4096)
def units(minor: int, currency: str) -> Decimal:
    """``minor`` in units, exact: 2400 is 24.00 EUR, 2400 JPY and 2.400 KWD."""
    return Decimal(minor).scaleb(-decimals(currency))


def minor(amount: Decimal, currency: str) -> int:
    """``amount`` in minor units. ``ValueError`` for none, or when the currency has no such part."""
    exact = Decimal(amount)
    if not exact.is_finite():
        raise ValueError(f"{amount} is no amount")
    whole = exact.scaleb(decimals(currency))
    if whole != whole.to_integral_value():
        raise ValueError(
            f"{amount} {currency} has more than the {decimals(currency)} decimals of its currency"
        )
    return int(whole)
