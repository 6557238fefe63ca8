"""Terminals, batches, sales with their lines; movements and rejects that come of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, Money, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("status IN ('due', 'running')")
KEYED = sa.text("idempotency_key IS NOT NULL")
STAMPED = sa.text("number_stamp IS NOT NULL")
SOLD = sa.text("sale_id IS NOT NULL")


def upgrade() -> None:
    _create_terminals()
    _create_batches()
    _create_sales()
    op.add_column("stock_movements", sa.Column("sale_id", sa.BigInteger(), nullable=True))
    op.add_column("stock_movements", sa.Column("line_no", sa.BigInteger(), nullable=True))
    op.create_index(
        "uq_stock_movements_sale", "stock_movements", ["sale_id", "line_no"], unique=True,
        sqlite_where=SOLD, postgresql_where=SOLD,
    )  # fmt: skip
    op.add_column("rejects", sa.Column("batch_id", sa.BigInteger(), nullable=True))
    op.add_column("rejects", sa.Column("batch_position", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("rejects", "batch_position")
    op.drop_column("rejects", "batch_id")
    op.drop_index("uq_stock_movements_sale", "stock_movements")
    op.drop_column("stock_movements", "line_no")
    op.drop_column("stock_movements", "sale_id")
    for table in ("sale_lines", "sales", "sales_batches", "device_nonces", "terminals"):
        op.drop_table(table)


def _create_terminals() -> None:
    op.create_table(
        "terminals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("signing_key", sa.Text(), nullable=True),
        sa.Column("duplicates", sa.String(length=16), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("clock_offset", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_terminals_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_terminals"),
        sa.UniqueConstraint("serial", name="uq_terminals_serial"),
    )
    op.create_index("ix_terminals_shop_id", "terminals", ["shop_id"])
    op.create_table(
        "device_nonces",
        sa.Column("id", BigId, nullable=False),
        sa.Column("terminal_id", BigId, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name="fk_device_nonces_terminal_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_device_nonces"),
        sa.UniqueConstraint("digest", "terminal_id", name="uq_device_nonces_digest_terminal_id"),
    )
    op.create_index("ix_device_nonces_expires_at", "device_nonces", ["expires_at"])


def _create_batches() -> None:
    op.create_table(
        "sales_batches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.Column("terminal_id", BigId, nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("number_stamp", sa.String(length=14), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("errors", Document, nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("accepted", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_sales_batches_shop_id"),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name="fk_sales_batches_terminal_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sales_batches"),
        sa.UniqueConstraint("uuid", name="uq_sales_batches_uuid"),
    )
    op.create_index(
        "uq_sales_batches_idempotency_key", "sales_batches", ["idempotency_key", "terminal_id"],
        unique=True, sqlite_where=KEYED, postgresql_where=KEYED,
    )  # fmt: skip
    op.create_index(
        "uq_sales_batches_number_stamp", "sales_batches", ["number_stamp", "shop_id"],
        unique=True, sqlite_where=STAMPED, postgresql_where=STAMPED,
    )  # fmt: skip
    op.create_index(
        "ix_sales_batches_unfinished", "sales_batches", ["id"],
        sqlite_where=UNFINISHED, postgresql_where=UNFINISHED,
    )  # fmt: skip


def _create_sales() -> None:
    op.create_table(
        "sales",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.Column("batch_id", BigId, nullable=False),
        sa.Column("terminal_id", BigId, nullable=False),
        sa.Column("invoice_number", sa.String(length=64), nullable=False),
        sa.Column("payment_method", sa.String(length=16), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("total", Money(), nullable=False),
        sa.Column("discount", Money(), nullable=True),
        sa.Column("sold_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("oversold", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_sales_shop_id"),
        sa.ForeignKeyConstraint(["batch_id"], ["sales_batches.id"], name="fk_sales_batch_id"),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminals.id"], name="fk_sales_terminal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sales"),
        sa.UniqueConstraint("invoice_number", "shop_id", name="uq_sales_invoice_number_shop_id"),
    )
    op.create_index("ix_sales_shop_id_sold_at", "sales", ["shop_id", "sold_at"])
    op.create_table(
        "sale_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sale_id", BigId, nullable=False),
        sa.Column("line_no", sa.BigInteger(), nullable=False),
        sa.Column("product_id", BigId, nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", Money(), nullable=False),
        sa.Column("list_price", Money(), nullable=False),
        sa.Column("subtotal", Money(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name="ck_sale_lines_quantity_not_zero"),
        sa.CheckConstraint("unit_price >= 0", name="ck_sale_lines_unit_price_not_negative"),
        sa.CheckConstraint("unit_price <= 10000000000000", name="ck_sale_lines_unit_price_finite"),
        sa.ForeignKeyConstraint(["sale_id"], ["sales.id"], name="fk_sale_lines_sale_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_sale_lines_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sale_lines"),
        sa.UniqueConstraint("sale_id", "line_no", name="uq_sale_lines_sale_id_line_no"),
    )
