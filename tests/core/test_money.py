from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from core.money import LARGEST, Money, signed


class Priced(BaseModel):
    price: Money


def named(value: object) -> str:
    """A short name for a case: some values are too long to be one, or cannot be written out."""
    if isinstance(value, int):
        return f"{value:#x}"[:12] + f"_{value.bit_length()}_bits"
    return ascii(value)[:32] + (f"_{len(value)}" if isinstance(value, str) else "")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("12500.00", "12500.0000"),
        (" 12500.00\n", "12500.0000"),
        (12500, "12500.0000"),
        (0.1, "0.1000"),
        (59.97, "59.9700"),
        (Decimal("3.5"), "3.5000"),
        ("12.500000", "12.5000"),
        ("1.25e2", "125.0000"),
        (".5", "0.5000"),
        (0, "0.0000"),
        ("-0.0", "0.0000"),
        (LARGEST, "1000000000.0000"),
        # Binary fractions, as tills and sources compute with them.
        (0.1 + 0.2, "0.3000"),
        (19.999999999999996, "20.0000"),
        (1.1 - 0.2, "0.9000"),
        ("0.30000000000000004", "0.3000"),
        ("1999.9999999999996e-2", "20.0000"),
        (Decimal("0.333300001"), "0.3333"),
        (Decimal("0.3332999990"), "0.3333"),
        ("0.1000000000000000055511151231257827021181583404541015625", "0.1000"),
        (-1e-17, "0.0000"),
        (Decimal("1e-999999"), "0.0000"),
        (Decimal("999999999.9999999999"), "1000000000.0000"),
        (Decimal("1000000000.0000000001"), "1000000000.0000"),
    ],
    ids=named,
)
def test_an_amount_keeps_four_decimals(sent, kept):
    price = Priced.model_validate({"price": sent}).price

    assert isinstance(price, Decimal)
    assert str(price) == kept


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ("12,50", "money_comma"),
        ("12 500.00", "money_type"),
        ("1_000", "money_type"),
        ("١٢", "money_type"),
        ("12€", "money_type"),
        ("", "money_type"),
        (None, "money_type"),
        (True, "money_type"),
        ([12], "money_type"),
        (b"12", "money_type"),
        (float("nan"), "money_finite"),
        (float("inf"), "money_finite"),
        (Decimal("sNaN"), "money_finite"),
        ("-Infinity", "money_finite"),
        (-1, "money_negative"),
        ("-0.01", "money_negative"),
        (-(10**400), "money_negative"),
        (LARGEST + 1, "money_large"),
        (1e300, "money_large"),
        ("1e9999", "money_large"),
        (10**5000, "money_large"),
        (Decimal("1e999999"), "money_large"),
        ("9" * 400, "money_long"),
        ("0.12345", "money_decimals"),
        (1e-5, "money_decimals"),
        (0.33333, "money_decimals"),
        (Decimal("0.3333000011"), "money_decimals"),
        (Decimal("0.33330001"), "money_decimals"),
        (Decimal("1000000000.00001"), "money_large"),
        (-1e-8, "money_negative"),
    ],
    ids=named,
)
def test_what_is_no_amount_is_refused_with_a_reason(sent, kind):
    with pytest.raises(ValidationError) as error:
        Priced.model_validate({"price": sent})

    (problem,) = error.value.errors()
    assert problem["type"] == kind
    assert len(problem["msg"]) < 120


@pytest.mark.parametrize(
    ("sent", "quoted"),
    [("12,50", "'12,50'"), ("1e-5", "'1e-5'"), ("Mme Dupont", "a text"), ([12], "list")],
)
def test_a_wrong_amount_is_quoted_and_nobody_s_words_are(sent, quoted):
    with pytest.raises(ValidationError) as error:
        Priced.model_validate({"price": sent})

    assert error.value.errors()[0]["msg"].startswith(f"{quoted} ")


@given(st.decimals(min_value=0, max_value=LARGEST, places=4))
def test_every_way_to_write_an_amount_gives_the_same(amount):
    texts = {str(Priced.model_validate({"price": way}).price) for way in (amount, str(amount))}

    assert texts == {str(amount)}


def test_an_amount_is_text_in_json():
    assert Priced.model_validate({"price": 3}).model_dump_json() == '{"price":"3.0000"}'


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(-2, "-2.0000"), (-0.1 - 0.2, "-0.3000"), ("-1e-17", "0.0000"), (2.5, "2.5000")],
    ids=named,
)
def test_an_amount_may_be_asked_for_with_its_sign(sent, kept):
    assert str(signed(sent)) == kept


@pytest.mark.parametrize("sent", [-LARGEST - 1, LARGEST + 1, -(10**400), -0.33333, "-1e9999"])
def test_an_amount_with_a_sign_has_the_same_bounds(sent):
    with pytest.raises(PydanticCustomError):
        signed(sent)
