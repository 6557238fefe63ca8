"""Tills of a vendor: what they sold, what they sell, and what changes that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import ClassVar

from connectors.families import pos_commands
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
        opened then. Sorted within a group of locations, not over all of them.
        """
        raise self.lacking("get_transactions")

    def get_transaction(self, id: str) -> Transaction:  # noqa: A002 - the name users know
        """One transaction, in whatever state."""
        raise self.lacking("get_transaction")

    def get_products(self, updated_since: datetime | None = None) -> Iterator[Product]:
        """All products, or those that changed, then with the deleted ones."""
        raise self.lacking("get_products")

    def get_promotions(self) -> list[Promotion]:
        """Every promotion that the till applies by itself."""
        raise self.lacking("get_promotions")

    def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """Set prices. A price that is not there yet is not created."""
        raise self.lacking("push_prices")

    def push_products(self, products: Iterable[Product], *, key: str) -> list[Result]:
        """Create products, or change the name, price and codes of those that are there."""
        raise self.lacking("push_products")

    def push_promotion(self, promotion: Promotion, *, key: str) -> Result:
        """Create a promotion, or change the one with its ``id``."""
        raise self.lacking("push_promotion")
