"""What storefronts read: products and categories as they were synced, by the tie's id."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from db.models import Category, ExternalCategory, ExternalProduct, Product


def products(session: Session, *, after: int, limit: int) -> Sequence[RowMapping]:
    """Products on sale that the source still has; ``id`` is ours, ``tie`` what ``after`` means."""
    link = ExternalProduct
    return session.execute(
        select(
            link.id.label("tie"), Product.id, link.external_id, Product.title, Product.price,
            Product.stock, Product.sku, Product.category_id, link.sync_status,
            link.last_synced_at, link.details,
        )
        .join(Product, Product.id == link.product_id)
        .where(link.id > after, link.gone_at.is_(None), Product.active)
        .order_by(link.id)
        .limit(limit)
    ).mappings().all()  # fmt: skip


def categories(session: Session, *, after: int, limit: int) -> Sequence[RowMapping]:
    """Categories that the source still has, placeholders among them."""
    link = ExternalCategory
    return session.execute(
        select(
            link.id.label("tie"), Category.id, link.external_id, Category.name,
            Category.parent_id, link.sync_status, link.last_synced_at, link.details,
        )
        .join(Category, Category.id == link.category_id)
        .where(link.id > after, link.gone_at.is_(None))
        .order_by(link.id)
        .limit(limit)
    ).mappings().all()  # fmt: skip


def counts(session: Session) -> tuple[int, int]:
    """How many products are on sale, and how many categories there are."""
    sold = (
        select(func.count())
        .select_from(ExternalProduct)
        .join(Product, Product.id == ExternalProduct.product_id)
        .where(ExternalProduct.gone_at.is_(None), Product.active)
    )
    shelves = select(func.count()).where(ExternalCategory.gone_at.is_(None))
    return session.scalar(sold) or 0, session.scalar(shelves) or 0


def latest(session: Session, *, limit: int) -> Sequence[RowMapping]:
    """The products that were met last: title, price, stock and when."""
    link = ExternalProduct
    return (
        session.execute(
            select(Product.title, Product.price, Product.stock, link.last_synced_at)
            .join(Product, Product.id == link.product_id)
            .where(link.gone_at.is_(None))
            .order_by(link.seen_run.desc().nulls_last(), link.id.desc())
            .limit(limit)
        )
        .mappings()
        .all()
    )
