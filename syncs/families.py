"""What becomes of a family's records here: for each kind, the tables it goes to and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.config import ConnectorConfig
from db import pos
from db.records.kind import AnyKind
from db.records.plan import Row
from syncs.fields import Field
from syncs.sources.pos import product_row, promotion_row, transaction_row


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One kind of a family's records: ``summary`` names them, ``kind`` is where they go by the
    connector's configuration, ``row`` maps what a feed reads, ``item`` names an id.
    """

    summary: str
    kind: Callable[[ConnectorConfig], AnyKind]
    row: Callable[[Any], Row]
    item: str
    fields: tuple[Field, ...] = ()


POS = {
    "transactions": Subject(
        summary="Tickets of {name}",
        kind=lambda config: pos.transactions(shops=config.shops, stock=config.stock),
        row=transaction_row,
        item="transaction_id",
    ),
    "products": Subject(
        summary="Products of {name}",
        kind=lambda _: pos.PRODUCTS,
        row=product_row,
        item="product_id",
    ),
    "promotions": Subject(
        summary="Promotions of {name}",
        kind=lambda _: pos.PROMOTIONS,
        row=promotion_row,
        item="promotion_id",
    ),
}

FAMILIES: Mapping[str, Mapping[str, Subject]] = {"pos": POS}
"""By the family, then by the feed. A feed that is not here has no sync."""
