"""Tickets, products and promotions of vendors' tills, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from db.models import PosProduct, PosPromotion, PosTransaction
from db.pos import placing
from db.pos import stock as ledger
from db.pos.placing import PosContext
from db.pos.shape import COLUMNS, ITEMS, PAYMENTS
from db.records.kind import Kind
from db.records.plan import Context


def transactions(*, shops: Mapping[str, int], stock: bool) -> Kind[PosContext]:
    """Tickets of a connector: ``shops`` says which location is which shop of ours. They move stock
    only with ``stock``.
    """
    return Kind(
        link=PosTransaction,
        version=1,
        newest="version",
        columns=COLUMNS,
        parts=(ITEMS, PAYMENTS),
        context=partial(placing.look, shops),
        prepare=ledger.prepare if stock else placing.place,
        effects=ledger.move if stock else None,
    )


PRODUCTS: Kind[Context] = Kind(
    link=PosProduct,
    version=1,
    newest="version",
    columns=(
        "name", "variation", "sku", "gtin", "price", "currency", "prices", "category_id",
        "version", "modified_at",
    ),
)  # fmt: skip

PROMOTIONS: Kind[Context] = Kind(
    link=PosPromotion,
    version=1,
    newest="version",
    columns=(
        "name", "percentage", "amount", "currency", "product_ids", "valid_from", "valid_until",
        "periods", "version",
    ),
)  # fmt: skip
