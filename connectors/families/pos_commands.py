"""What tills can be commanded: to take prices, products, a promotion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Protocol

from connectors.families.articles import Price, Product, Promotion
from connectors.families.commands import Command, Commands, Done
from connectors.families.pos_bodies import PushPrices, PushProducts
from connectors.families.pos_promotion import PushPromotion
from connectors.families.results import Result


class Till(Protocol):
    """The reads and writes that commands are made of; see ``PointOfSale``."""

    def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """Set prices."""

    def push_products(self, products: Iterable[Product], *, key: str) -> list[Result]:
        """Create or change products."""

    def push_promotion(self, promotion: Promotion, *, key: str) -> Result:
        """Create or change a promotion."""

    def get_products(self) -> Iterator[Product]:
        """All products."""

    def get_promotions(self) -> list[Promotion]:
        """All promotions."""


def _named(sku: str | None, ident: str | None) -> Iterator[str]:
    """The names by which two commands are about one product."""
    if sku is not None:
        yield f"sku {sku.lower()}"
    if ident is not None:
        yield f"id {ident}"


def _products(till: Till, names: Iterable[str]) -> dict[str, Product]:
    """The till's products that have one of these names, by them."""
    wanted = set(names)
    return {
        name: each
        for each in till.get_products()
        for name in _named(each.sku, each.id)
        if name in wanted
    }


def _price_at(product: Product, location: str | None) -> tuple[Decimal | None, str | None]:
    at = next((each for each in product.prices if each.location == location), None)
    return (at.price, at.currency) if at else (product.price, product.currency)


def _look_for_prices(till: Till, body: PushPrices, _: str) -> Done | None:
    known = _products(till, _in_prices(body))
    results = []
    for each in body.prices:
        product = _known(known, each.sku, each.external_id)
        if product is None or _price_at(product, each.location) != (each.price, each.currency):
            return None
        results.append(_updated(each.external_id or each.sku, product.id))
    return Done(results)


def _look_for_products(till: Till, body: PushProducts, _: str) -> Done | None:
    known = _products(till, _in_products(body))
    results = []
    for each in body.products:
        product = _known(known, each.sku, each.id)
        if product is None or product.name != each.name:
            return None
        if each.price is not None and product.price != each.price:
            return None
        results.append(_updated(each.id or each.sku, product.id))
    return Done(results)


def _look_for_promotion(till: Till, body: PushPromotion, _: str) -> Done | None:
    for each in till.get_promotions():
        same = each.id == body.id if body.id else each.name == body.name
        if same and (each.percentage, each.amount) == (body.percentage, body.amount):
            return Done([_updated(body.id or body.name, each.id)])
    return None


def _known(known: dict[str, Product], sku: str | None, ident: str | None) -> Product | None:
    return next((known[name] for name in _named(sku, ident) if name in known), None)


def _updated(key: str | None, external_id: str) -> Result:
    return Result(key=key or "", outcome="updated", external_id=external_id)


def _in_prices(body: PushPrices) -> Iterator[str]:
    for each in body.prices:
        yield from _named(each.sku, each.external_id)


def _in_products(body: PushProducts) -> Iterator[str]:
    for each in body.products:
        yield from _named(each.sku, each.id)


PRICES: Command[Till, PushPrices] = Command(
    body=PushPrices,
    items="prices",
    objects=_in_prices,
    carry_out=lambda till, body, key: Done(
        till.push_prices([each.price_of() for each in body.prices], key=key)
    ),
    look=_look_for_prices,
)
PRODUCTS: Command[Till, PushProducts] = Command(
    body=PushProducts,
    items="products",
    objects=_in_products,
    carry_out=lambda till, body, key: Done(
        till.push_products([each.product() for each in body.products], key=key)
    ),
    look=_look_for_products,
)
PROMOTION: Command[Till, PushPromotion] = Command(
    body=PushPromotion,
    objects=lambda body: [f"promotion {body.id or body.name}"],
    carry_out=lambda till, body, key: Done([till.push_promotion(body.promotion(), key=key)]),
    look=_look_for_promotion,
)
COMMANDS: Commands = {"push_prices": PRICES, "push_products": PRODUCTS, "push_promotion": PROMOTION}
