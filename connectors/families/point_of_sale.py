"""Tills of a vendor: what they sold, what they sell, and what changes that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import ClassVar

from connectors.errors import RequestError
from connectors.families import periods, pos_commands, walks
from connectors.families.articles import Location, Price, Product, Promotion
from connectors.families.commands import Commands
from connectors.families.family import Family
from connectors.families.results import Result
from connectors.families.sales import Status, Transaction


class PointOfSale(Family):
    """A vendor's tills.

    Every operation raises ``connectors.errors``, and ``NotSupported`` before any request where the
    vendor lacks it. Iterators hold one page in memory. An instant without a zone is this machine's
    time, as ``datetime.now()`` is; a ``date`` begins at midnight where the location is.
    A write's ``key`` is our idempotency key: whoever does not know how a write ended repeats it
    under the same key, and nothing is done twice.
    """

    operations: ClassVar[tuple[str, ...]] = (
        "get_locations",
        "get_transactions",
        "get_transaction",
        "get_products",
        "get_promotions",
        "push_prices",
        "push_products",
        "push_promotion",
    )
    commands: ClassVar[Commands] = pos_commands.COMMANDS
    fed: ClassVar[Mapping[str, tuple[str, str]]] = {
        "get_transactions": ("transactions", "pages"),
        "get_transaction": ("transactions", "one"),
        "get_products": ("products", "pages"),
        "get_promotions": ("promotions", "pages"),
    }

    def connect(self) -> None:
        """Ask for something small. Raises ``AuthenticationError`` when we are refused."""
        self.get_locations()

    def get_locations(self) -> list[Location]:
        """Every place that sells."""
        raise self.lacking("get_locations")

    def get_transactions(
        self,
        start_date: date | datetime,
        end_date: date | datetime,
        status: Status | None = None,
        location: str | None = None,
    ) -> Iterator[Transaction]:
        """What closed from ``start_date`` on and before ``end_date``; of what is still open, what
        opened then. Sorted within a group of locations at most, not over all of them.

        Raises ``ValueError`` for a period or status that cannot be, ``AnswerError`` when it comes
        to a transaction that it cannot read.
        """
        feed = self.feed("get_transactions")
        periods.check(start_date, end_date, status)
        days = periods.are_days(start_date, end_date)
        zones = {each.id: each.timezone for each in self.get_locations()} if days else {}
        wanted = walks.Wanted(start_date, end_date, status, location, zones)
        return walks.transactions(self, feed, wanted)

    def get_transaction(self, id: str) -> Transaction:  # noqa: A002 - the name users know
        """One transaction, in whatever state. Raises ``RequestError`` when there is none."""
        feed = self.feed("get_transaction")
        payload = feed.one(self, id) if feed.one else None
        if payload is None:
            raise RequestError(f"there is no transaction {id}", status_code=HTTPStatus.NOT_FOUND)
        transaction: Transaction = walks.value(feed, payload)
        return transaction

    def get_products(self, updated_since: datetime | None = None) -> Iterator[Product]:
        """All products, or those that changed, then with the deleted ones."""
        return walks.values(self, self.feed("get_products"), since=updated_since)

    def get_promotions(self) -> list[Promotion]:
        """Every promotion that the till applies by itself."""
        return list(walks.values(self, self.feed("get_promotions")))

    def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """Set prices. A price that is not there yet is not created."""
        raise self.lacking("push_prices")

    def push_products(self, products: Iterable[Product], *, key: str) -> list[Result]:
        """Create products, or change the name, price and codes of those that are there."""
        raise self.lacking("push_products")

    def push_promotion(self, promotion: Promotion, *, key: str) -> Result:
        """Create a promotion, or change the one with its ``id``."""
        raise self.lacking("push_promotion")
