"""What the suite does to a vendor's stand-in, whoever the vendor is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from connectors.families import PointOfSale


@dataclass(frozen=True, kw_only=True)
class Sold:
    """A line to sell; the price is one unit's, with 10 % of tax in it."""

    name: str = "Quiche du moulin"
    quantity: str = "1"
    price: str = "12.00"
    discount: str = "0"


class Account(Protocol):
    """A vendor's account, a person's own or a stand-in."""

    @property
    def period(self) -> tuple[datetime, datetime]:
        """A day or more, in which something was sold."""

    def connector(self, **capabilities: bool) -> PointOfSale:
        """One with good credentials and these capabilities, which does not wait for a limit."""

    @property
    def asked(self) -> int:
        """How many requests came so far."""


class Refusing(Account, Protocol):
    """An account that can be made to refuse us."""

    def forget_token(self) -> None:
        """The credentials are good no more."""

    def take_scopes(self) -> None:
        """The credentials are known and may do nothing."""

    def refuse_once(self, status: int, *, retry_after: int | None = None) -> None:
        """The next request is not carried out."""


class Till(Refusing, Protocol):
    """A vendor's account with two locations, ``A`` in Paris (EUR) and ``T`` in Tokyo (JPY), and a
    catalogue of ``products``: ids by SKU, each for 12.00 EUR.
    """

    locations: dict[str, str]
    """The vendor's ids of ``A`` and ``T``."""
    products: dict[str, str]
    """The vendor's ids, by SKU: at least ten."""

    def sell(
        self,
        id: str,  # noqa: A002 - the name users know
        *,
        closed_at: datetime,
        at: str = "A",
        lines: Sequence[Sold] = (Sold(),),
        tip: str = "0",
        state: str = "completed",
    ) -> None:
        """A transaction that closed then, or opened then when its ``state`` is open."""

    def give_back(self, id: str, of: str, *, closed_at: datetime) -> None:  # noqa: A002 - as above
        """Everything of a sale is given back."""

    def reprice(self, id: str, price: str) -> None:  # noqa: A002 - as above
        """Somebody else changes a price there."""

    def price(self, id: str, at: str | None = None) -> Decimal | None:  # noqa: A002 - as above
        """What it costs there, at one location or everywhere."""

    def lose_answers(self, count: int) -> None:
        """So many writes are carried out and not answered."""

    def refuse(self, id: str) -> None:  # noqa: A002 - as above
        """The vendor does not take any change of this product."""

    @property
    def writes(self) -> int:
        """How many writes were carried out so far; one that is repeated counts once."""

    @property
    def violations(self) -> Sequence[str]:
        """What did not keep to the vendor's description."""
