"""Sales as rows: what is known of a number, articles locked in id order, whole batches written.

The caller holds the shop (``hold_shop``): numbers are decided in turn, batch by batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from core.canonical import canonical
from db import bulk
from db.catalogue import departures, shops
from db.models import Product, Sale, SaleLine, Shop, StockMovement, Terminal
from db.models.sales import COMPARED
from db.tills import terminals
from db.types import to_units

SALE = ("id", "shop_id", "batch_id", "terminal_id", "invoice_number", "payment_method", "paid",
        "total", "discount", "sold_at", "received_at", "content_hash", "client",
        "oversold", "compared_number", "sent_number")  # fmt: skip
LINE = ("sale_id", "line_no", "product_id", "title", "quantity", "unit_price", "list_price",
        "subtotal")  # fmt: skip
MOVEMENT = ("product_id", "delta", "stock_after", "kind", "sale_id", "line_no", "at")

_KNOWN = (
    f"SELECT {COMPARED}, id, batch_id, terminal_id, content_hash FROM sales "  # noqa: S608, ours
    f"WHERE shop_id = ? AND {COMPARED} IN ?*"
)
_RENUMBERED = (
    f"SELECT sent_number, {COMPARED}, id, batch_id, terminal_id, content_hash FROM sales "  # noqa: S608, ours
    "WHERE shop_id = ? AND sent_number IN ?* ORDER BY id"
)
_ARTICLES = "SELECT id, title, price, stock, shop_id FROM products WHERE id IN ?* ORDER BY id"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Where a batch was sent from; ``assortment``: the shops whose articles it sells."""

    shop_id: int
    assortment: Sequence[int]
    shop_name: str
    currency: str
    timezone: str
    allows_negative: bool
    terminal_id: int
    terminal: str
    answers_duplicates: bool
    line: tuple[int, ...]
    """The terminal and those it replaced and was replaced by, the first one first."""


@dataclass(frozen=True)
class Known:
    """A sale that was accepted before, under ``number`` in its canonical form."""

    number: str
    sale_id: int
    batch_id: int
    terminal_id: int
    content_hash: str


@dataclass(frozen=True)
class Past:
    """What a shop has sold, by canonical number: under it, and under another one that a person
    gave it instead.
    """

    sold: Mapping[str, Known]
    renumbered: Mapping[str, Sequence[Known]]


@dataclass(frozen=True, slots=True)
class Article:
    """A product of the shop: ``price`` in ten-thousandths, ``stock`` in pieces."""

    id: int
    title: str
    price: int
    stock: int


@dataclass(frozen=True, slots=True)
class SoldLine:
    """An article as it is sold; amounts in ten-thousandths."""

    product_id: int
    title: str
    quantity: int
    unit_price: int
    list_price: int
    subtotal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSale:
    """A sale that was accepted and is to be written; amounts in ten-thousandths.

    ``sent_number`` is the till's own, in its canonical form, when a person gave it another one.
    """

    number: str
    sent_number: str | None
    payment_method: str
    paid: bool
    total: int
    discount: int | None
    sold_at: datetime
    content_hash: str
    client: str | None
    """Sealed."""
    oversold: bool
    lines: Sequence[SoldLine] = field(repr=False)


_SENDER = select(
    Shop.name, Shop.currency, Shop.timezone, Shop.stock_policy, Shop.sells_from,
    Terminal.name.label("terminal"), Terminal.duplicates,
).join(Terminal, true())  # fmt: skip


def hold_shop(session: Session, shop_id: int, terminal_id: int) -> Sender:
    """The shop, held until the transaction ends, with the terminal that sends."""
    query = _SENDER.where(Shop.id == shop_id, Terminal.id == terminal_id)
    # Not FOR UPDATE: a sync page that adds a product holds the shop's key and may have a product
    # that we wait for.
    row = session.execute(query.with_for_update(of=Shop, key_share=True)).one()
    return Sender(
        shop_id=shop_id,
        assortment=shops.assortment(shop_id, row.sells_from),
        shop_name=row.name,
        currency=row.currency,
        timezone=row.timezone,
        allows_negative=row.stock_policy == "allow",
        terminal_id=terminal_id,
        terminal=row.terminal,
        answers_duplicates=row.duplicates == "answer",
        line=terminals.line(session, shop_id, terminal_id),
    )


def known(session: Session, shop_id: int, numbers: Collection[str]) -> Past:
    """What the shop has sold under these numbers, in their canonical form."""
    sold = bulk.select_among(session, _KNOWN, (shop_id,), numbers)
    renumbered: dict[str, list[Known]] = defaultdict(list)
    for sent, *row in bulk.select_among(session, _RENUMBERED, (shop_id,), numbers):
        renumbered[sent].append(Known(*row))
    return Past({row[0]: Known(*row) for row in sold}, renumbered)


def lock_articles(
    session: Session, assortment: Sequence[int], ids: Collection[int]
) -> dict[int, Article]:
    """The products among ``ids`` that are of these shops, locked in id order as syncs lock them.

    What has left them is among these: their tills sold it before they knew, or take it back.
    """
    sqlite = bulk.Codec(session).sqlite
    text = _ARTICLES if sqlite else f"{_ARTICLES} FOR UPDATE"
    rows = bulk.select_among(session, text, (), sorted(ids))
    # Read after the locks: a sync that moves one of them has committed its departure then.
    others = [ident for ident, *_, shop in rows if shop not in assortment]
    left = departures.among(session, assortment, others) if others else set()
    return {
        ident: Article(ident, title, price if sqlite else to_units(price), stock)
        for ident, title, price, stock, shop in rows
        if shop in assortment or ident in left
    }


def recorded(session: Session, sale_ids: Collection[int]) -> dict[int, Sale]:
    """Sales as they were accepted; their lines are in ``lines_of``."""
    return {
        sale.id: sale
        for part in bulk.parts(sale_ids)
        for sale in session.scalars(select(Sale).where(Sale.id.in_(part)))
    }


def lines_of(session: Session, sale_ids: Collection[int]) -> Mapping[int, list[SaleLine]]:
    """The lines of these sales, in their order."""
    lines: dict[int, list[SaleLine]] = defaultdict(list)
    query = select(SaleLine).order_by(SaleLine.sale_id, SaleLine.line_no)
    for part in bulk.parts(sale_ids):
        for line in session.scalars(query.where(SaleLine.sale_id.in_(part))):
            lines[line.sale_id].append(line)
    return lines


def write(
    session: Session, sender: Sender, sales: Sequence[NewSale], articles: Mapping[int, Article],
    *, batch_id: int, received_at: datetime,
) -> None:  # fmt: skip
    """Insert ``sales`` with lines and movements, and set the stock of the ``articles`` they moved,
    which are locked.
    """
    codec = bulk.Codec(session)
    money, received = codec.money, codec.moment(received_at)
    # Read after the locks: a writer that waited long must not date a change into the past, where
    # a till that reads what is new would miss it.
    now = bulk.now(session)
    numbered = list(zip(bulk.reserve_ids(session, Sale, len(sales)), sales, strict=True))
    rows = [
        (
            ident, sender.shop_id, batch_id, sender.terminal_id, sale.number,
            sale.payment_method, sale.paid, money(sale.total),
            None if sale.discount is None else money(sale.discount),
            codec.moment(sale.sold_at), received, sale.content_hash, sale.client, sale.oversold,
            _compared(sale.number), sale.sent_number,
        )
        for ident, sale in numbered
    ]  # fmt: skip
    lines = [
        (
            ident, line_no, line.product_id, line.title, line.quantity, money(line.unit_price),
            money(line.list_price), money(line.subtotal),
        )
        for ident, sale in numbered for line_no, line in enumerate(sale.lines, 1)
    ]  # fmt: skip
    bulk.insert(session, Sale, SALE, rows)
    bulk.insert(session, SaleLine, LINE, lines)
    _move_stock(session, numbered, articles, now)


def _compared(number: str) -> str | None:
    """The number's canonical form; None where it is that already."""
    form = canonical(number)
    return form if form != number else None


def _move_stock(
    session: Session, sales: Sequence[tuple[int, NewSale]], articles: Mapping[int, Article],
    now: datetime,
) -> None:  # fmt: skip
    """A movement a line, and what is left of each article after the last of them."""
    at = bulk.Codec(session).moment(now)
    moves: list[bulk.Found] = []
    stocks: dict[int, int] = {}
    for ident, sale in sales:
        for line_no, line in enumerate(sale.lines, 1):
            product = line.product_id
            left = stocks.get(product, articles[product].stock) - line.quantity
            stocks[product] = left
            kind = "sale" if line.quantity > 0 else "refund"
            moves.append((product, -line.quantity, left, kind, ident, line_no, at))
    bulk.insert(session, StockMovement, MOVEMENT, moves)
    bulk.set_numbers(session, Product, "stock", stocks, now)


def sold_alike(
    session: Session, sender: Sender, *, content: str, other_than: int, since: datetime
) -> str | None:
    """The number of a sale of this content that the terminal sent in another batch since."""
    return session.scalar(
        select(Sale.invoice_number)
        .where(
            Sale.shop_id == sender.shop_id,
            Sale.sold_at >= since,
            Sale.terminal_id.in_(sender.line),
            Sale.content_hash == content,
            Sale.batch_id != other_than,
        )
        .limit(1)
    )
