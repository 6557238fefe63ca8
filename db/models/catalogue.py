"""Shops, categories and products, and the links that tie them to their source.

Ours (``products``) and theirs (``external_products``) are apart: what the source sent last is
kept beside what we decided to show.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.document import Json
from db.models.base import Base, Id, Line, Moment
from db.models.link import Link


class Shop(Base):
    """One shop or restaurant of the chain; ``site_id`` is its number at the B2B source.

    ``is_default`` marks the one that new products of no site belong to; where none is marked, it is
    the first active one. ``sells_from``: another shop whose articles it sells too, from that one's
    stock. Its business day begins at ``day_starts_at`` (HH:MM); ``country`` is two letters.
    """

    __tablename__ = "shops"
    __table_args__ = (
        Index(
            "uq_shops_is_default",
            "is_default",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[Line]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    site_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    stock_policy: Mapped[str] = mapped_column(String(16), default="reject")
    timezone: Mapped[str] = mapped_column(String(64), default="Europe/Paris")
    day_starts_at: Mapped[str] = mapped_column(String(5), default="00:00", server_default="00:00")
    country: Mapped[str] = mapped_column(String(2), default="FR", server_default="FR")
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
    sells_from: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[Moment]


class Category(Base):
    """A shelf of the catalogue; ``parent_id`` is None at the root."""

    __tablename__ = "categories"

    id: Mapped[Id]
    name: Mapped[Line]
    slug: Mapped[str] = mapped_column(String(600))
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("categories.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class Product(Base):
    """What a shop sells. ``stock`` is the sum of its movements, always."""

    __tablename__ = "products"
    __table_args__ = (
        # Also what keeps PostgreSQL's NaN out: NaN is greater than every number there.
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("price <= 10000000000000", name="price_finite"),
        Index("ix_products_shop_id", "shop_id"),
    )

    id: Mapped[Id]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    title: Mapped[Line]
    sku: Mapped[str | None] = mapped_column(String(100))
    barcode: Mapped[str | None] = mapped_column(String(100))
    price: Mapped[Decimal]
    stock: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    locked_fields: Mapped[list[str] | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class Departure(Base):
    """An article that left a shop, and when it last did.

    The shop's tills read from it that the article is theirs no longer, and what they sold of it
    before they knew is taken.
    """

    __tablename__ = "departures"
    __table_args__ = (
        UniqueConstraint("product_id", "shop_id"),
        Index("ix_departures_shop_id_at", "shop_id", "at"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    at: Mapped[Moment]


class ExternalCategory(Link):
    """A category as the source knows it; ``details`` are the fields we do not map."""

    __tablename__ = "external_categories"
    # In this order: the other cost PostgreSQL a factor of five on an empty table.
    __table_args__ = (UniqueConstraint("external_id", "source"),)

    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    parent_external_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[Json | None]


class ExternalProduct(Link):
    """A product as the source knows it, with the mapped values it sent last; ``details`` are the
    fields we do not map.
    """

    __tablename__ = "external_products"
    __table_args__ = (UniqueConstraint("external_id", "source"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    external_sku: Mapped[str | None] = mapped_column(String(100))
    upstream_title: Mapped[Line | None]
    upstream_price: Mapped[Decimal | None]
    upstream_stock: Mapped[int] = mapped_column(default=0)
    upstream_barcode: Mapped[str | None] = mapped_column(String(100))
    upstream_category: Mapped[str | None] = mapped_column(String(64))
    upstream_site: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[Json | None]
