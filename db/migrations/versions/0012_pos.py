"""What the tills of vendors sold and sell, the stock it moves, and where a shop's day begins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Money, Quantity, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OF_POS = sa.text("pos_transaction_id IS NOT NULL")


def upgrade() -> None:
    for name, length, default in (("day_starts_at", 5, "00:00"), ("country", 2, "FR")):
        op.add_column(
            "shops", sa.Column(name, sa.String(length), nullable=False, server_default=default)
        )
    _add_transactions()
    _add_lines()
    _add_products()
    _add_promotions()
    op.add_column("stock_movements", sa.Column("pos_transaction_id", sa.BigInteger()))
    op.add_column("stock_movements", sa.Column("pos_item", sa.String(length=64)))
    op.create_index(
        "ix_stock_movements_pos_transaction_id", "stock_movements", ["pos_transaction_id"],
        sqlite_where=OF_POS, postgresql_where=OF_POS,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_stock_movements_pos_transaction_id", "stock_movements")
    op.drop_column("stock_movements", "pos_item")
    op.drop_column("stock_movements", "pos_transaction_id")
    for table in ("promotions", "products", "payments", "items", "transactions"):
        op.drop_table(f"pos_{table}")
    op.drop_column("shops", "country")
    op.drop_column("shops", "day_starts_at")


def _add_transactions() -> None:
    amounts = ("total", "tax", "discount", "tip", "refunded")
    op.create_table(
        "pos_transactions",
        *_link("pos_transactions"),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, Money(), nullable=False) for name in amounts),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_pos_transactions_shop_id"),
    )
    op.create_index(
        "ix_pos_transactions_shop_id_business_date", "pos_transactions",
        ["shop_id", "business_date"],
    )  # fmt: skip
    op.create_index(
        "ix_pos_transactions_source_modified_at", "pos_transactions", ["source", "modified_at"]
    )


def _add_lines() -> None:
    op.create_table(
        "pos_items",
        *_part("pos_items"),
        sa.Column("external_id", sa.String(length=64), nullable=True),
        sa.Column("product_external_id", sa.String(length=64), nullable=True),
        sa.Column("sku", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("price", Money(), nullable=False),
        sa.Column("discount", Money(), nullable=False),
        sa.Column("tax", Money(), nullable=False),
        sa.Column("tax_rate", Quantity(), nullable=True),
        sa.Column("total", Money(), nullable=False),
    )
    op.create_index("ix_pos_items_product_external_id", "pos_items", ["product_external_id"])
    op.create_table(
        "pos_payments",
        *_part("pos_payments"),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("tip", Money(), nullable=False),
    )


def _add_products() -> None:
    op.create_table(
        "pos_products",
        *_link("pos_products"),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("variation", sa.String(length=500), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=True),
        sa.Column("gtin", sa.String(length=100), nullable=True),
        sa.Column("price", Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", UtcDateTime(), nullable=True),
    )


def _add_promotions() -> None:
    op.create_table(
        "pos_promotions",
        *_link("pos_promotions"),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("percentage", Quantity(), nullable=True),
        sa.Column("amount", Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("product_ids", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
    )


def _link(table: str) -> list[sa.Column[object] | sa.Constraint]:
    """The columns of a record of a source, new in each table."""
    return [
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=True),
        sa.Column("sync_status", sa.String(length=16), nullable=False),
        sa.Column("last_synced_at", UtcDateTime(), nullable=True),
        sa.Column("seen_run", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("external_id", "source", name=f"uq_{table}_external_id_source"),
    ]


def _part(table: str) -> list[sa.Column[object] | sa.Constraint]:
    """The columns of a line of a transaction."""
    return [
        sa.Column("id", BigId, nullable=False),
        sa.Column("transaction_id", BigId, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["pos_transactions.id"], name=f"fk_{table}_transaction_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint(
            "transaction_id", "position", name=f"uq_{table}_transaction_id_position"
        ),
    ]
