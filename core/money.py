"""Amounts of money on the wire: a ``Decimal`` with four decimals, in the shop's currency."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError

LARGEST = 10**9
"""No price is above this; what is has lost its decimal point on the way."""

# A Decimal is compared with Decimals in half the time.
_ZERO, _LARGEST, _STEP = Decimal(0), Decimal(LARGEST), Decimal("0.0001")
_NEAR = Decimal("1e-9")
"""Nobody pays so little: whoever computes with binary fractions writes 0.30000000000000004."""
_LONGEST = 100
"""Characters of a number that is a text, as of one that is none (``core.strict_json``)."""
_LONGEST_EXCERPT = 40
_WITHOUT_WORDS = re.compile(r"[\deE.,+\-_ ]*", re.ASCII).fullmatch
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII).fullmatch


def amount(value: object) -> Decimal:
    """``value`` as an amount: 0 to ``LARGEST``, four decimals, so that equals look equal.

    Takes int, float (as it is written, 0.1 is 0.1), Decimal and text like ``"12500.00"``; what is
    within 1e-9 of an amount is that amount. Raises a ``ValueError`` that pydantic understands, with
    a stable type and what to do.
    """
    return _of_text(value) if type(value) is str else _exact(value)


def signed(value: object) -> Decimal:
    """As ``amount``, of either sign: from -``LARGEST``."""
    return _exact(value, least=-_LARGEST)


def _exact(value: object, least: Decimal = _ZERO) -> Decimal:
    number = _number(value)
    if not least - _NEAR <= number <= _LARGEST + _NEAR:
        raise _out_of_range(number, least)
    exact = number.quantize(_STEP)
    if exact != number and abs(exact - number) > _NEAR:
        raise _error("money_decimals", "has more than 4 decimals; round it", value)
    return exact or abs(exact)


# A catalogue has far fewer prices than products.
_of_text = lru_cache(maxsize=4096)(_exact)


Money = Annotated[
    Decimal,
    PlainValidator(amount, json_schema_input_type=Decimal | str),
    PlainSerializer(str, return_type=str, when_used="json"),
]
"""An amount in a payload; see ``amount``."""


def _number(value: object) -> Decimal:
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, float):
        text = repr(value)
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _error("money_type", "is no amount; send a number like 12500.00", value)
    elif isinstance(value, Decimal):
        if not value.is_finite():
            raise _not_finite()
        return value
    else:
        # Cut before it is converted: a number of a million digits must cost nothing to refuse.
        return Decimal(min(max(value, -LARGEST - 1), LARGEST + 1))
    if len(text) > _LONGEST or not _NUMBER(text):
        raise _unreadable(text)
    return Decimal(text)


def _unreadable(text: str) -> PydanticCustomError:
    if text.lower().lstrip("+-") in {"nan", "snan", "inf", "infinity"}:
        return _not_finite()
    if len(text) > _LONGEST:
        return PydanticCustomError(
            "money_long",
            "has {length} characters, which is no amount; send one like 12500.00",
            {"length": len(text)},
        )
    if "," in text:
        return _error("money_comma", "has a comma; write the point, as in 12.50", text)
    return _error("money_type", "is no amount; send a number like 12500.00", text)


def _out_of_range(number: Decimal, least: Decimal) -> PydanticCustomError:
    if number < least == _ZERO:
        return PydanticCustomError("money_negative", "is below zero; send 0 or more")
    return PydanticCustomError(
        "money_large", "is above {largest}; check the unit it is sent in", {"largest": LARGEST}
    )


def _not_finite() -> PydanticCustomError:
    return PydanticCustomError("money_finite", "is not a finite number; send an amount or nothing")


def excerpt(value: object) -> str:
    """A wrong number as an error may quote it: short, and without a letter of anybody's words."""
    if value is None:
        return "null"
    if isinstance(value, str) and not _WITHOUT_WORDS(value):
        return "a text"
    # Small values help to find the record; long ones could fill a log.
    plain = isinstance(value, str | float | Decimal | bool)
    return (ascii(value) if plain else type(value).__name__)[:_LONGEST_EXCERPT]


def _error(kind: str, sentence: str, value: object) -> PydanticCustomError:
    return PydanticCustomError(kind, "{value} " + sentence, {"value": excerpt(value)})
