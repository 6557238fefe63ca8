"""The stock that tickets move, for connectors that are asked to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from db import bulk
from db.models import Product, StockMovement
from db.pos import articles, moves, placing
from db.pos.moves import Pieces
from db.pos.placing import PosContext
from db.pos.shape import ITEMS
from db.records.merge import Values
from db.records.plan import Row, Written
from db.records.write import lock

ARTICLES = "articles"
"""Of a row: the articles of its items. No column, so it is not kept."""
COLUMNS = (
    "product_id", "delta", "stock_after", "kind", "run_id", "pos_transaction_id", "pos_item", "at",
)  # fmt: skip
MOST_NAMED = 10
_MOVED = (
    "SELECT pos_transaction_id, pos_item, product_id, sum(delta) FROM stock_movements "
    "WHERE pos_transaction_id IN ?* GROUP BY pos_transaction_id, pos_item, product_id"
)


def prepare(
    session: Session, rows: Sequence[Row], context: PosContext, *, write: bool
) -> list[str]:
    """Place rows, and find the articles of their items. Warns of items that move no stock."""
    warnings = placing.place(session, rows, context, write=write)
    lines = [line for row in rows for line in row.lines(ITEMS.name)]
    codes = list(articles.codes(session, lines, context.source))
    shelf = articles.shelf(session, {code for each in codes for code in each})
    each_codes = iter(codes)
    for row in rows:
        place = context.places.find(row.values["shop_id"])
        row.values[ARTICLES] = [shelf.find(next(each_codes), place) for _ in row.lines(ITEMS.name)]
    return warnings + _remarks(rows)


def move(session: Session, written: Written, context: PosContext) -> None:
    """Move what the tickets of a page say that they moved, less what they moved before."""
    before = {each.change.link.id: each.change for each in written.updated}
    moved = _moved(session, before)
    due = {
        ident: moves.due(moves.ticket(row), row.values[ARTICLES], None, {})
        for ident, row in written.created
    }
    due |= {
        ident: moves.due(
            moves.ticket(change.row),
            change.row.values[ARTICLES],
            moves.stored(change.stored.says),
            moved.get(ident, {}),
        )
        for ident, change in before.items()
    }
    _write(session, due, context)


def _moved(session: Session, ids: Collection[int]) -> Mapping[int, Pieces]:
    """What these tickets moved so far; their rows are locked, for they were just written."""
    moved: dict[int, dict[tuple[str, int], int]] = defaultdict(dict)
    for ident, item, product_id, pieces in bulk.select_among(session, _MOVED, (), ids):
        moved[ident][item, product_id] = int(pieces)
    return moved


def _write(session: Session, due: Mapping[int, Pieces], context: PosContext) -> None:
    """Write movements, and what is left of each product after the last of them."""
    ids = {product_id for pieces in due.values() for _, product_id in pieces}
    if not ids:
        return
    stocks = {ident: row["stock"] for ident, row in lock(session, Product, ids).items()}
    # What came outside of a run has none.
    run_id = context.run_id or None
    # Read after the locks: tills read what changed since their last read.
    now = bulk.now(session)
    at, rows = bulk.Codec(session).moment(now), []
    for ident, pieces in due.items():
        for (item, product_id), delta in pieces.items():
            stocks[product_id] += delta
            rows.append((product_id, delta, stocks[product_id], "pos", run_id, ident, item, at))
    bulk.insert(session, StockMovement, COLUMNS, rows)
    bulk.set_numbers(session, Product, "stock", stocks, now)


def _remarks(rows: Iterable[Row]) -> list[str]:
    """One sentence for what no article has the codes of, and one for what was weighed."""
    counted = [row for row in rows if moves.ticket(row).counts and row.values["shop_id"]]
    sold = [
        (line, article)
        for row in counted
        for line, article in zip(row.lines(ITEMS.name), row.values[ARTICLES], strict=True)
        if line["product_external_id"]
    ]
    strange = [line for line, article in sold if article is None]
    weighed = [line for line, article in sold if article and not moves.is_whole(line["quantity"])]
    said = []
    if strange:
        said.append(
            "No stock is moved of what no article of the shop has the SKU or barcode of: "
            f"{_named(strange)}."
        )
    if weighed:
        said.append(f"No stock is moved of what is sold in parts of a piece: {_named(weighed)}.")
    return said


def _named(lines: Iterable[Values]) -> str:
    names = sorted({line["name"] or line["product_external_id"] for line in lines})
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
