"""Square: a seller's locations, orders and catalogue (Connect API, 2025-08-20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from urllib.parse import quote

from connectors.families import Price, Product, Promotion, Result, Status, Transaction
from connectors.families.periods import are_days, check
from connectors.families.walks import read
from connectors.pos.square import catalogue_pages, orders, periods, pushes, search
from connectors.pos.square.catalogue_pages import ProductPayload
from connectors.pos.square.feeds import LIST, ORDERS, SquareFeeds
from connectors.pos.square.payloads import OrderPayload
from core.payload import parse


class SquareConnector(SquareFeeds):
    """A seller's account at Square.

    Threads may share one. Of its writes one runs at a time: Square locks a seller's catalogue
    while one is written, and refuses others with 429.
    """

    def get_transactions(
        self,
        start_date: date | datetime,
        end_date: date | datetime,
        status: Status | None = None,
        location: str | None = None,
    ) -> Iterator[Transaction]:
        """By ten locations at a time, each ten sorted by when the orders closed or opened.

        Raises ``ValueError`` for a period or status that cannot be, ``AnswerError`` when it comes
        to an order that it cannot read.
        """
        check(start_date, end_date, status)
        return self._transactions(start_date, end_date, status, location)

    def get_transaction(self, id: str) -> Transaction:  # noqa: A002 - the name users know
        """One order, a draft too: it counts as open."""
        path = f"{ORDERS}/{quote(id, safe='')}"
        data = self.get(path)
        return read(path, _transaction, data.get("order") if isinstance(data, dict) else None)

    def get_products(self, updated_since: datetime | None = None) -> Iterator[Product]:
        """Every variation; of an item in which one changed, all of them."""
        seen: set[str] = set()
        for page in self.product_pages(since=updated_since):
            for each in page.payloads:
                product = read(LIST, _product, each)
                if product.id not in seen:
                    seen.add(product.id)
                    yield product

    def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """Set prices of variations, everywhere or at one location."""
        with self._writing:
            return pushes.prices(self.post, list(changes), key=key)

    def push_products(self, products: Iterable[Product], *, key: str) -> list[Result]:
        """Create items with one variation, or change those that are there."""
        with self._writing:
            return pushes.products(self.post, list(products), key=key)

    def push_promotion(self, promotion: Promotion, *, key: str) -> Result:
        """Write a pricing rule with its discount, its products and its periods."""
        with self._writing:
            return pushes.promotion(self.post, promotion, key=key)

    def _transactions(
        self,
        start: date | datetime,
        end: date | datetime,
        status: Status | None,
        location: str | None,
    ) -> Iterator[Transaction]:
        places = self._places(location, zones=are_days(start, end))
        for wanted in periods.searches(places, start, end, status):
            for page in self.orders(wanted):
                for order in page.payloads:
                    transaction = read(search.PATH, _transaction, order)
                    if wanted.has(transaction):
                        yield transaction

    def _places(self, location: str | None, *, zones: bool) -> list[periods.Place]:
        """The locations that are asked for; those of the seller are read only where need be."""
        chosen = (location,) if location else self.config.locations
        if chosen and not zones:
            return [(ident, None) for ident in chosen]
        known = {each.id: each.timezone for each in self.get_locations()}
        if strange := set(chosen or ()) - known.keys():
            raise ValueError(f"location: the seller has none with the id {min(strange)!r}")
        return [(ident, known[ident]) for ident in chosen or known]


def _transaction(raw: object) -> Transaction:
    return orders.transaction(parse(OrderPayload, raw))


def _product(raw: object) -> Product:
    return catalogue_pages.product(parse(ProductPayload, raw))
