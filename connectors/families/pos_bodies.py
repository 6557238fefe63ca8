"""What commands to tills take: prices, products, a promotion."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from connectors import currencies
from connectors.families.articles import Price, Product
from connectors.families.commands import MOST_ITEMS, Amount, Body, Currency, Ident, Name

_SEVERAL = Field(min_length=1, max_length=MOST_ITEMS)
_ANY = Field(max_length=MOST_ITEMS)


class Priced(Body):
    """An amount that its currency can have."""

    price: Amount
    currency: Currency

    @model_validator(mode="after")
    def _fits(self) -> Self:
        currencies.minor(self.price, self.currency)
        return self


class PriceBody(Priced):
    """What one unit costs: everywhere, or at one ``location``; a ``sku`` or an ``external_id``
    names the product.
    """

    sku: Ident | None = None
    external_id: Ident | None = None
    location: Ident | None = None

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.sku is None and self.external_id is None:
            raise ValueError("needs a sku or an external_id")
        return self

    def price_of(self) -> Price:
        """As a till takes it."""
        return Price(**dict(self))


class LocationPrice(Priced):
    """What one unit costs at one location instead of everywhere."""

    location: Ident


class ProductBody(Body):
    """A product; without an ``id`` its ``sku`` decides whether it is there already."""

    name: Name
    price: Amount | None = None
    currency: Currency | None = None
    id: Ident | None = None
    sku: Ident | None = None
    gtin: Ident | None = None
    variation: Ident | None = None
    category_id: Ident | None = None
    prices: Annotated[list[LocationPrice], _ANY] = Field(default=[])

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.id is None and self.sku is None:
            raise ValueError("needs a sku or an id")
        if self.price is not None:
            if self.currency is None:
                raise ValueError("a price needs a currency")
            currencies.minor(self.price, self.currency)
        return self

    def product(self) -> Product:
        """As a till takes it."""
        given = dict(self) | {
            "id": self.id or "",
            "variation": self.variation or "",
            "prices": tuple(Price(**dict(each)) for each in self.prices),
        }
        return Product(**given)


class PushPrices(Body):
    """Prices to set."""

    prices: Annotated[list[PriceBody], _SEVERAL]


class PushProducts(Body):
    """Products to create or change."""

    products: Annotated[list[ProductBody], _SEVERAL]
