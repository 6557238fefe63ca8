"""How many articles each shop has, and how many tills sell them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import ExternalProduct, Product, Terminal


@dataclass(frozen=True)
class Shelf:
    """Articles of one shop that are on sale, and how many of these have a stock."""

    on_sale: int = 0
    in_stock: int = 0


def articles(session: Session) -> dict[int, Shelf]:
    """By shop; a shop without any is missing."""
    rows = session.execute(
        select(Product.shop_id, func.count(), func.count().filter(Product.stock != 0))
        .where(Product.active, Product.shop_id.is_not(None))
        .group_by(Product.shop_id)
        .order_by(Product.shop_id)
    )
    return {shop: Shelf(on_sale, in_stock) for shop, on_sale, in_stock in rows if shop is not None}


def homeless(session: Session) -> dict[str | None, int]:
    """Articles on sale in no shop, by the site that their record names; None: it names none."""
    link = ExternalProduct
    rows = session.execute(
        select(link.upstream_site, func.count())
        .select_from(Product)
        .outerjoin(link, (link.product_id == Product.id) & link.gone_at.is_(None))
        .where(Product.active, Product.shop_id.is_(None))
        .group_by(link.upstream_site)
        .order_by(link.upstream_site)
    )
    return {row[0]: row[1] for row in rows}


def terminals(session: Session) -> dict[int, int]:
    """Active terminals by shop; a shop without any is missing."""
    rows = session.execute(
        select(Terminal.shop_id, func.count()).where(Terminal.active).group_by(Terminal.shop_id)
    )
    return {row[0]: row[1] for row in rows}
