"""What the command takes that makes or changes a promotion."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from connectors import currencies
from connectors.families.articles import Promotion
from connectors.families.commands import MOST_ITEMS, Amount, Body, Currency, Day, Ident, Name

_ANY = Field(max_length=MOST_ITEMS)
Event = Annotated[str, Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
"""Of iCalendar."""


def _percentage(value: Decimal) -> Decimal:
    if not 0 < value <= WHOLE:
        raise ValueError("must be above 0, and 100 at most")
    return value


WHOLE = 100
Percentage = Annotated[Amount, AfterValidator(_percentage)]
"""Ten is 10 %."""


class PushPromotion(Body):
    """A discount that the till applies by itself; with an ``id`` it changes that one."""

    name: Name
    percentage: Percentage | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    product_ids: Annotated[list[Ident], _ANY] = Field(default=[])
    valid_from: Day | None = None
    valid_until: Day | None = None
    periods: Annotated[list[Event], _ANY] = Field(default=[])
    id: Ident | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.percentage is None) == (self.amount is None):
            raise ValueError("needs a percentage or an amount")
        if self.amount is not None:
            if self.currency is None:
                raise ValueError("an amount needs a currency")
            currencies.minor(self.amount, self.currency)
        return self

    def promotion(self) -> Promotion:
        """As a till takes it."""
        given = dict(self) | {
            "id": self.id or "",
            "product_ids": tuple(self.product_ids),
            "periods": tuple(self.periods),
        }
        return Promotion(**given)
