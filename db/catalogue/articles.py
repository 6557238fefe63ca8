"""A shop's articles as its tills keep them: all that are sold, then only what changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from db import bulk
from db.catalogue import shops
from db.models import Category, Departure, Product, Shop

MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """A product for a till; ``price`` in the shop's currency, ``category`` is its name."""

    id: int
    title: str
    sku: str | None
    barcode: str | None
    price: Decimal
    stock: int
    active: bool
    category: str | None


_ARTICLE = (
    Product.id, Product.title, Product.sku, Product.barcode, Product.price, Product.stock,
    Product.active, Category.name.label("category"),
)  # fmt: skip


def page(
    session: Session, shop_id: int, *, since: datetime | None = None, after: int = 0, limit: int
) -> Sequence[Article]:
    """Articles that ``shop_id`` sells with an id above ``after``, by id.

    Without ``since`` those on sale; with it all that changed then or later, those taken off sale
    and those that left the shop among them, as not ``active``. A category that was renamed is a
    change of its articles.
    """
    sells_from = session.scalar(select(Shop.sells_from).where(Shop.id == shop_id))
    assortment = shops.assortment(shop_id, sells_from)
    sold = _query(after, limit).where(Product.shop_id.in_(assortment))
    if since is None:
        return _articles(session, sold.where(Product.active))
    changed = or_(Product.updated_at >= since, Category.updated_at >= since)
    news = {each.id: each for each in _articles(session, sold.where(changed))}
    # Read after those: what leaves in this moment has left.
    news |= {each.id: each for each in _left(session, assortment, since, after, limit)}
    return [news[ident] for ident in sorted(news)][:limit]


def _left(
    session: Session, assortment: Collection[int], since: datetime, after: int, limit: int
) -> list[Article]:
    """What left these shops then or later and is in none of them now, as not ``active``."""
    left = select(Departure.product_id).where(
        Departure.shop_id.in_(assortment), Departure.at >= since
    )
    elsewhere = or_(Product.shop_id.is_(None), Product.shop_id.not_in(assortment))
    gone = _articles(session, _query(after, limit).where(Product.id.in_(left), elsewhere))
    return [replace(each, active=False) for each in gone]


def _query(after: int, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        select(*_ARTICLE)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.id > after)
        .order_by(Product.id)
        .limit(limit)
    )


def _articles(session: Session, query: Select[*tuple[Any, ...]]) -> list[Article]:
    return [Article(**row._asdict()) for row in session.execute(query)]


def as_of(session: Session) -> datetime:
    """The ``since`` of a till's next read, after what ``session`` reads now.

    A row gets its ``updated_at`` when it is written and is seen when its transaction commits. A
    till that read in between and went on from now would never get it; so it goes on from a little
    earlier, and gets a few articles twice.
    """
    return bulk.now(session) - MARGIN
