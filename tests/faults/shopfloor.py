"""Shops, their tills and what lies on their shelves, before anybody sells anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from db.models import Product, SalesBatch, Shop, StockMovement, Terminal
from db.models.work import ACTIVE
from db.session import reading, writing
from tests.faults.stage import Process
from tests.servers import until

PLENTY, SCARCE = 1_000_000, 40
PRICE = Decimal("2.50")


@dataclass(frozen=True)
class Counter:
    """A till, known to the store."""

    terminal_id: int
    shop_id: int
    serial: str
    articles: Sequence[int]
    """The shop's; of the last one there is little."""


@dataclass(frozen=True)
class Floor:
    """All tills, and the stock of each article at the beginning."""

    counters: Sequence[Counter]
    stock: Mapping[int, int]


def furnish(*, shops: int = 2, tills: int = 2, articles: int = 6) -> Floor:
    """``tills`` in each of ``shops``, so that there are rivals within a shop and strangers."""
    counters: list[Counter] = []
    stock: dict[int, int] = {}
    with writing() as session:
        for name in range(1, shops + 1):
            shop = Shop(name=f"Boutique {name}", currency="CDF", timezone="Africa/Kinshasa")
            session.add(shop)
            session.flush()
            found = []
            for number in range(1, articles + 1):
                amount = SCARCE if number == articles else PLENTY
                product = Product(
                    shop_id=shop.id, title=f"Article {number}", price=PRICE, stock=amount
                )
                session.add(product)
                session.flush()
                session.add(
                    StockMovement(
                        product_id=product.id, delta=amount, stock_after=amount, kind="opening"
                    )
                )
                found.append(product.id)
                stock[product.id] = amount
            for till in range(1, tills + 1):
                serial = f"fire{name:02}{till:02}"
                terminal = Terminal(shop_id=shop.id, serial=serial, name=f"Caisse {serial}")
                session.add(terminal)
                session.flush()
                counters.append(Counter(terminal.id, shop.id, serial, tuple(found)))
    return Floor(tuple(counters), stock)


LOGGED = 4000
"""Characters of each log that a failure quotes."""


def unfinished() -> list[int]:
    """The batches that wait or are being worked off."""
    with reading() as session:
        return sorted(
            ident for (ident,) in session.query(SalesBatch.id).filter(SalesBatch.status.in_(ACTIVE))
        )


def drain(*, patience: float, processes: Sequence[Process] = ()) -> None:
    """Return when nothing is left to do; else fail with the end of what the processes logged."""

    def why_not() -> str:
        logs = [each.output[-LOGGED:] for each in processes]
        return "\n".join([_left(), *logs])

    until(lambda: not unfinished(), what="end of work", why_not=why_not, patience=patience)


def _left() -> str:
    with reading() as session:
        rows = (
            session.query(SalesBatch)
            .filter(SalesBatch.status.in_(ACTIVE))
            .order_by(SalesBatch.id)
            .limit(20)
        )
        return "\n".join(
            f"batch {row.id} {row.status} failures={row.failures} lease={row.lease_until} "
            f"not_before={row.not_before} rung={row.rung_at} errors={row.errors}"
            for row in rows
        )


def expire_leases() -> int:
    """As if a minute had gone by: whoever has a batch is taken for dead, rightly or not."""
    with writing() as session:
        found = session.query(SalesBatch).filter(SalesBatch.status == "running").all()
        for batch in found:
            assert batch.lease_until is not None
            batch.lease_until = batch.received_at
        return len(found)
