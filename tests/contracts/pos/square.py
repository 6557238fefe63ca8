"""Square's stand-in, in the words of the suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connectors import currencies
from connectors.pos import SquareConnector
from sandbox import square
from sandbox.faults import Hang, Status
from sandbox.square import orders
from tests.contracts.described import Description
from tests.contracts.pos.till import Sold

CURRENCIES = {"A": "EUR", "T": "JPY"}


class SquareTill:
    """A ``Till`` of Square."""

    period = (datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC))

    def __init__(self, source: square.Square, description: Description) -> None:
        self.source = source
        self.locations = {"A": "LFICTIVE1", "T": "LTOKYO"}
        self.products = {f"PLAT-{n:03}": f"VAR{n:03}" for n in range(12)}
        self._description = description
        source.add_location("LTOKYO", timezone="Asia/Tokyo", currency="JPY")
        for sku, ident in self.products.items():
            source.catalogue.add(f"ITM{ident}", ident, f"Plat {sku}", sku=sku)

    def connector(self, **capabilities: bool) -> SquareConnector:
        return SquareConnector(
            config_dict={
                "api": {"base_url": self.source.url},
                "auth": {"method": "bearer", "token": square.DEMO_TOKEN},
                "connection": {"retry_delay": 0},
                "rate_limit": {"throttle_on_limit": False},
                "capabilities": capabilities,
            }
        )

    def sell(
        self,
        id: str,  # noqa: A002 - as the suite names it
        *,
        closed_at: datetime,
        at: str = "A",
        lines: Sequence[Sold] = (Sold(),),
        tip: str = "0",
        state: str = "completed",
    ) -> None:
        currency = CURRENCIES[at]
        # An order is opened ten minutes before it closes.
        later = timedelta(minutes=10) if state == "open" else timedelta()
        self.source.add(
            orders.sale(
                id,
                closed_at=closed_at + later,
                location=self.locations[at],
                lines=[_line(n, it, currency) for n, it in enumerate(lines)],
                tip=_minor(tip, currency),
                state=state.upper(),
                currency=currency,
            )
        )

    def give_back(self, id: str, of: str, *, closed_at: datetime) -> None:  # noqa: A002 - as above
        self.source.add(orders.refund(id, self.source.orders[of], closed_at=closed_at))

    def reprice(self, id: str, price: str) -> None:  # noqa: A002 - as above
        # The next instant of Square's clock, which has milliseconds.
        self.source.turn({"later": 5})
        item = self.source.catalogue.object(f"ITM{id}")
        (variation,) = item["item_data"].pop("variations")
        variation["item_variation_data"]["price_money"] = orders.money(_minor(price, "EUR"))
        self.source.catalogue.put(item, variation)

    def price(self, id: str, at: str | None = None) -> Decimal | None:  # noqa: A002 - as above
        data = self.source.catalogue.object(id)["item_variation_data"]
        if at is not None:
            place = self.locations[at]
            data = next(it for it in data["location_overrides"] if it["location_id"] == place)
        amount = data["price_money"]
        return currencies.units(amount["amount"], amount["currency"])

    def forget_token(self) -> None:
        self.source.tokens.clear()

    def take_scopes(self) -> None:
        self.source.tokens[square.DEMO_TOKEN].scopes = frozenset()

    def refuse_once(self, status: int, *, retry_after: int | None = None) -> None:
        self.source.faults.add(Status(status=status, retry_after=retry_after, times=1))

    def lose_answers(self, count: int) -> None:
        self.source.faults.add(Hang(endpoint="catalog-upsert", seconds=0, times=count))

    def refuse(self, id: str) -> None:  # noqa: A002 - as above
        self.source.catalogue.refused.add(id)

    @property
    def asked(self) -> int:
        return len(self.source.log)

    @property
    def writes(self) -> int:
        return len(self.source.catalogue.upserts)

    @property
    def violations(self) -> Sequence[str]:
        return self._description.violations


@contextmanager
def square_till() -> Iterator[SquareTill]:
    """A seller's account, held against Square's description."""
    with square.serve(dishes=False) as source:
        description = Description("square")
        description.watch(source)
        yield SquareTill(source, description)


def _minor(amount: str, currency: str) -> int:
    return currencies.minor(Decimal(amount), currency)


def _line(number: int, sold: Sold, currency: str) -> dict[str, object]:
    return orders.line(
        number,
        name=sold.name,
        quantity=sold.quantity,
        price=_minor(sold.price, currency),
        discount=_minor(sold.discount, currency),
        currency=currency,
    )
