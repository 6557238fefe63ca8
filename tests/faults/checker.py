"""What the store says of what the tills sent: what was lost, what happened twice, what is wrong.

It reads the tables by itself and trusts none of the product's own counts.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.catalogue import stock
from db.models import (
    FailedTask,
    Product,
    Reject,
    Sale,
    SaleLine,
    SalesBatch,
    StockMovement,
)
from db.models.work import ACTIVE
from db.session import reading
from tests.faults.generator import Line, Miss, Sent, SentSale
from tests.faults.shopfloor import Floor

Name = tuple[int, str]
"""Shop and invoice number."""


@dataclass
class Verdict:
    """Empty lists are good news."""

    accepted: int = 0
    """Sales that were answered 2xx."""
    sold: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.twice or self.wrong or self.unfinished or self.failed)

    def __str__(self) -> str:
        parts = [f"{self.accepted} accepted: {self.sold} sold, {self.refused} refused"]
        for name in ("lost", "twice", "wrong", "unfinished", "failed"):
            found = getattr(self, name)
            parts += [f"{len(found)} {name}: {found[:20]}"] if found else []
        return "\n".join(parts)


@dataclass
class _Store:
    """The tables as they are."""

    batches: Mapping[tuple[int, str | None], list[int]]
    """Ids by terminal and key."""
    sales: Mapping[Name, list[Sale]]
    by_batch: Mapping[int, list[Sale]]
    lines: Mapping[int, list[SaleLine]]
    moves: Mapping[tuple[int, int], list[StockMovement]]
    """By sale and line."""
    open_rejects: Mapping[tuple[int, str | None], list[Reject]]
    rejects_by_batch: Tally[int | None]


def examine(floor: Floor, sent: Sequence[Sent]) -> Verdict:
    """Hold the store against what the tills remember."""
    verdict = Verdict()
    with reading() as session:
        found = _read(session)
        verdict.unfinished = list(
            session.scalars(select(SalesBatch.id).where(SalesBatch.status.in_(ACTIVE)))
        )
        verdict.failed = list(
            session.scalars(select(FailedTask.id).where(FailedTask.state == "open"))
        )
        known = _numbered(found, sent, verdict)
        known |= _unnumbered(found, sent, verdict)
        _strangers(found, known, verdict)
        _effects(found, verdict)
        _shelves(session, floor, known, verdict)
    verdict.sold = sum(map(len, found.sales.values()))
    verdict.refused = sum(map(len, found.open_rejects.values()))
    return verdict


def dishonest(
    misses: Iterable[Miss], *, web: Sequence[tuple[float, float]] = (),
    store: Sequence[tuple[float, float]] = (),
) -> list[Miss]:  # fmt: skip
    """Answers other than an honest 503 while the store was away, and connections that broke while
    the web process was there. ``web`` and ``store`` are when they were away.
    """
    return [
        miss
        for miss in misses
        if not (_during(miss, web) if miss.status is None else _is_honest(miss, store))
    ]


def _is_honest(miss: Miss, store: Sequence[tuple[float, float]]) -> bool:
    told = miss.retry_after is not None and miss.retry_after.isdigit()
    return miss.status == 503 and told and miss.code == "STORE_AWAY" and _during(miss, store)


def _during(miss: Miss, away: Sequence[tuple[float, float]]) -> bool:
    return any(miss.asked <= end and miss.ended >= begin for begin, end in away)


def _read(session: Session) -> _Store:
    batches = defaultdict(list)
    keyed = select(SalesBatch.terminal_id, SalesBatch.idempotency_key, SalesBatch.id)
    for terminal, key, ident in session.execute(keyed):
        batches[terminal, key].append(ident)
    sales, by_batch = defaultdict(list), defaultdict(list)
    for sale in session.scalars(select(Sale).order_by(Sale.id)):
        sales[sale.shop_id, sale.invoice_number].append(sale)
        by_batch[sale.batch_id].append(sale)
    lines = defaultdict(list)
    for line in session.scalars(select(SaleLine).order_by(SaleLine.sale_id, SaleLine.line_no)):
        lines[line.sale_id].append(line)
    moves = defaultdict(list)
    for move in session.scalars(select(StockMovement).where(StockMovement.sale_id.is_not(None))):
        assert move.sale_id is not None
        assert move.line_no is not None
        moves[move.sale_id, move.line_no].append(move)
    rejects, by = defaultdict(list), Tally[int | None]()
    kept = select(Reject, SalesBatch.shop_id).join(SalesBatch, SalesBatch.id == Reject.batch_id)
    for reject, shop in session.execute(kept.where(Reject.state == "open")):
        rejects[shop, reject.external_id].append(reject)
        by[reject.batch_id] += 1
    return _Store(batches, sales, by_batch, lines, moves, rejects, by)


def _numbered(found: _Store, sent: Sequence[Sent], verdict: Verdict) -> dict[Name, SentSale]:
    known: dict[Name, SentSale] = {}
    accepted: set[Name] = set()
    for each in sent:
        names = {(each.counter.shop_id, sale.number): sale for sale in each.sales if sale.number}
        known |= names
        if each.accepted:
            accepted |= names.keys()
        told = {(each.counter.shop_id, number) for number in each.told}
        verdict.lost += [f"{name} was told as sold" for name in told if name not in found.sales]
    verdict.accepted += len(accepted)
    for name in sorted(accepted):
        if name not in found.sales and name not in found.open_rejects:
            verdict.lost.append(str(name))
    return known


def _unnumbered(found: _Store, sent: Sequence[Sent], verdict: Verdict) -> dict[Name, SentSale]:
    known: dict[Name, SentSale] = {}
    for each in sent:
        if each.key is None or each.sales[0].number is not None:
            continue
        ids = found.batches.get((each.counter.terminal_id, each.key), [])
        sold = [sale for ident in ids for sale in found.by_batch.get(ident, [])]
        there = len(sold) + sum(found.rejects_by_batch[ident] for ident in ids)
        told = f"{each.key}: batches {ids}, {there} there of {len(each.sales)}"
        if each.accepted:
            verdict.accepted += len(each.sales)
            verdict.lost += [told] if there < len(each.sales) else []
        if len(ids) > 1 or there > len(each.sales):
            verdict.twice.append(told)
        for sale in sold:
            index = int(sale.invoice_number.rpartition("-")[2])
            known[sale.shop_id, sale.invoice_number] = each.sales[index]
    return known


def _strangers(found: _Store, known: Mapping[Name, SentSale], verdict: Verdict) -> None:
    """What was sold as nobody sent it, and refusals that cannot be."""
    for name, sales in found.sales.items():
        verdict.twice += [str(name)] * (len(sales) - 1)
        sent = list(known[name].lines) if name in known else None
        for sale in sales:
            lines: list[Line] = [(each.product_id, each.quantity) for each in found.lines[sale.id]]
            if lines != sent:
                verdict.wrong.append(f"{name} is {lines}, was sent as {sent}")
    for refused, rejects in found.open_rejects.items():
        if refused in found.sales:
            verdict.wrong.append(f"{refused} is sold and refused")
        codes = [reject.code for reject in rejects]
        if codes != ["STOCK_INSUFFISANT"]:
            verdict.wrong.append(f"{refused} is refused as {codes}")


def _effects(found: _Store, verdict: Verdict) -> None:
    """Each line of each sale moved its stock once, and nothing else did."""
    left = dict(found.moves)
    for ident, lines in found.lines.items():
        shelves: dict[int, int] = {}
        for line in lines:
            moves = left.pop((ident, line.line_no), [])
            deltas = [(move.product_id, move.delta) for move in moves]
            if len(moves) > 1:
                verdict.twice.append(f"line {line.line_no} of sale {ident} moved {deltas}")
            elif deltas != [(line.product_id, -line.quantity)]:
                verdict.wrong.append(f"line {line.line_no} of sale {ident} moved {deltas}")
            shelves |= {move.product_id: move.stock_after for move in moves}
        # Within a sale its lines are counted together.
        if min(shelves.values(), default=0) < 0:
            verdict.wrong.append(f"sale {ident} left less than nothing: {shelves}")
    verdict.wrong += [f"a movement for no line: {name}" for name in left]


def _shelves(
    session: Session, floor: Floor, known: Mapping[Name, SentSale], verdict: Verdict
) -> None:
    """What is there is what was there, less what the tills remember of what was sold."""
    _, mismatches = stock.verify(session)
    verdict.wrong += map(str, mismatches)
    expected = Tally(floor.stock)
    for name in session.execute(select(Sale.shop_id, Sale.invoice_number)):
        sale = known.get((name.shop_id, name.invoice_number))
        for article, count in sale.lines if sale is not None else ():
            expected[article] -= count
    for ident, there in session.execute(select(Product.id, Product.stock)):
        if there != expected[ident]:
            verdict.wrong.append(f"article {ident}: {there} there, {expected[ident]} expected")
