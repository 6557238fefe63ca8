"""A shop's articles as its tills keep them: all that are sold, then only what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import bulk
from db.models import Category, Product

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
    """Articles of ``shop_id`` with an id above ``after``, by id.

    Without ``since`` those on sale; with it all that changed then or later, those taken off sale
    among them. A category that was renamed is a change of its articles.
    """
    query = (
        select(*_ARTICLE)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.shop_id == shop_id, Product.id > after)
        .order_by(Product.id)
        .limit(limit)
    )
    if since is None:
        query = query.where(Product.active)
    else:
        query = query.where(or_(Product.updated_at >= since, Category.updated_at >= since))
    return [Article(**row._asdict()) for row in session.execute(query)]


def as_of(session: Session) -> datetime:
    """The ``since`` of a till's next read, after what ``session`` reads now.

    A row gets its ``updated_at`` when it is written and is seen when its transaction commits. A
    till that read in between and went on from now would never get it; so it goes on from a little
    earlier, and gets a few articles twice.
    """
    return bulk.now(session) - MARGIN
