"""Shops, categories, products, their links and the stock ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, Money, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("slug", sa.String(length=600), nullable=False),
        sa.Column("parent_id", BigId, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name="fk_categories_parent_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
    )
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"], unique=False)

    op.create_table(
        "shops",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=True),
        sa.Column("stock_policy", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shops"),
        sa.UniqueConstraint("site_id", name="uq_shops_site_id"),
    )
    op.create_table(
        "external_categories",
        sa.Column("category_id", BigId, nullable=False),
        sa.Column("parent_external_id", sa.String(length=64), nullable=True),
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("details", Document, nullable=True),
        sa.Column("payload_hash", sa.String(length=64), nullable=True),
        sa.Column("sync_status", sa.String(length=16), nullable=False),
        sa.Column("last_synced_at", UtcDateTime(), nullable=True),
        sa.Column("seen_run", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name="fk_external_categories_category_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_external_categories"),
        sa.UniqueConstraint(
            "external_id", "source", name="uq_external_categories_external_id_source"
        ),
    )
    op.create_index(
        "ix_external_categories_category_id", "external_categories", ["category_id"], unique=False
    )

    op.create_table(
        "products",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("category_id", BigId, nullable=True),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=True),
        sa.Column("barcode", sa.String(length=100), nullable=True),
        sa.Column("price", Money(), nullable=False),
        sa.Column("stock", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("locked_fields", Document, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("price <= 10000000000000", name="ck_products_price_finite"),
        sa.CheckConstraint("price >= 0", name="ck_products_price_not_negative"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_products_category_id"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_products_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
    )
    op.create_index("ix_products_category_id", "products", ["category_id"], unique=False)
    op.create_index("ix_products_shop_id", "products", ["shop_id"], unique=False)

    op.create_table(
        "external_products",
        sa.Column("product_id", BigId, nullable=False),
        sa.Column("external_sku", sa.String(length=100), nullable=True),
        sa.Column("upstream_title", sa.String(length=500), nullable=True),
        sa.Column("upstream_price", Money(), nullable=True),
        sa.Column("upstream_stock", sa.BigInteger(), nullable=False),
        sa.Column("upstream_barcode", sa.String(length=100), nullable=True),
        sa.Column("upstream_category", sa.String(length=64), nullable=True),
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("details", Document, nullable=True),
        sa.Column("payload_hash", sa.String(length=64), nullable=True),
        sa.Column("sync_status", sa.String(length=16), nullable=False),
        sa.Column("last_synced_at", UtcDateTime(), nullable=True),
        sa.Column("seen_run", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_external_products_product_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_external_products"),
        sa.UniqueConstraint(
            "external_id", "source", name="uq_external_products_external_id_source"
        ),
    )
    op.create_index(
        "ix_external_products_product_id", "external_products", ["product_id"], unique=False
    )

    op.create_table(
        "stock_movements",
        sa.Column("id", BigId, nullable=False),
        sa.Column("product_id", BigId, nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("stock_after", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_stock_movements_product_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_movements"),
    )
    op.create_index(
        "ix_stock_movements_product_id", "stock_movements", ["product_id"], unique=False
    )


def downgrade() -> None:
    for table in (
        "stock_movements",
        "external_products",
        "products",
        "external_categories",
        "shops",
        "categories",
    ):
        op.drop_table(table)
