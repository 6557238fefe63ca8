"""Articles that leave a shop: what its tills read of them, and may still sell of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, select, union, update
from sqlalchemy.orm import Session

from db import bulk
from db.models import Departure, Product
from db.records.write import lock
from db.session import NO_SYNC

_NOTE = (
    "INSERT INTO departures (product_id, shop_id, at) SELECT id, ?, ? FROM products WHERE id IN ?* "
    "ON CONFLICT (product_id, shop_id) DO UPDATE SET at = excluded.at"
)


def note(session: Session, shop_id: int, product_ids: Collection[int], at: datetime) -> None:
    """These articles leave the shop at this moment; an earlier departure is forgotten."""
    moment = bulk.Codec(session).moment(at)
    bulk.update_among(session, _NOTE, (shop_id, moment), sorted(product_ids))


def among(session: Session, shops: Sequence[int], product_ids: Collection[int]) -> set[int]:
    """Which of these products have left one of ``shops`` at some time."""
    left = select(Departure.product_id).where(Departure.shop_id.in_(shops))
    return {
        ident
        for part in bulk.parts(product_ids)
        for ident in session.scalars(left.where(Departure.product_id.in_(part)))
    }


def move(session: Session, shop_id: int, *, to: int) -> int:
    """Every article of the shop is another's from now on; how many there were."""
    ids = lock(session, Product, session.scalars(_of(shop_id))).keys()
    # Read after the locks: a till that reads what is new must not miss it.
    now = bulk.now(session)
    note(session, shop_id, ids, now)
    for part in bulk.parts(ids):
        session.execute(
            update(Product).where(Product.id.in_(part)).values(shop_id=to, updated_at=now),
            execution_options=NO_SYNC,
        )
    return len(ids)


def stop_selling(session: Session, shop_id: int, other: int) -> None:
    """The shop sells the articles of the ``other`` one no longer."""
    sold = union(_of(other), select(Departure.product_id).where(Departure.shop_id == other))
    note(session, shop_id, session.scalars(sold).all(), bulk.now(session))


def start_selling(session: Session, other: int) -> None:
    """Some shop sells the articles of the ``other`` one too: to its tills all of them are new."""
    ids = lock(session, Product, session.scalars(_of(other))).keys()
    now = bulk.now(session)
    for part in bulk.parts(ids):
        session.execute(
            update(Product).where(Product.id.in_(part)).values(updated_at=now),
            execution_options=NO_SYNC,
        )


def _of(shop_id: int) -> Select[int]:
    return select(Product.id).where(Product.shop_id == shop_id)
