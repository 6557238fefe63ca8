"""The art site's tables, what became of its orders since, and how its export is doing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, Money, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MARKED = ("template_users", "template_custom_requests")


def upgrade() -> None:
    _create_exported("template_settings", _value(), _open_extra())
    _create_exported("template_stats", _value(), _open_extra())
    _create_exported(
        "template_paintings",
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("price", Money(), nullable=True),
        sa.Column("status", sa.String(length=100), nullable=True),
        sa.Column("category", sa.String(length=500), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        _open_extra(),
    )
    _create_exported(
        "template_exhibitions",
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.Column("place", sa.String(length=500), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        _open_extra(),
    )
    _create_exported("template_users", *_person("role"))
    _create_exported("template_custom_requests", *_person("status"))
    for table in MARKED:
        op.create_index(f"ix_{table}_email_mark", table, ["email_mark"])
        op.create_index(f"ix_{table}_phone_mark", table, ["phone_mark"])
    _create_orders()
    op.create_table(
        "template_checks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("healthy", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_template_checks"),
    )
    op.create_index("ix_template_checks_at", "template_checks", ["at"])


def downgrade() -> None:
    for table in (
        "template_checks", "template_order_drifts", "template_order_items", "template_orders",
        "template_custom_requests", "template_users", "template_exhibitions",
        "template_paintings", "template_stats", "template_settings",
    ):  # fmt: skip
        op.drop_table(table)


def _create_exported(table: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        *columns,
        sa.Column("payload_hash", sa.String(length=64), nullable=True),
        sa.Column("sync_status", sa.String(length=16), nullable=False),
        sa.Column("last_synced_at", UtcDateTime(), nullable=True),
        sa.Column("seen_run", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("external_id", "source", name=f"uq_{table}_external_id_source"),
    )


def _value() -> sa.Column[object]:
    return sa.Column("value", Document, nullable=True)


def _open_extra() -> sa.Column[object]:
    return sa.Column("extra", Document, nullable=True)


def _person(word: str) -> list[sa.Column[object]]:
    return [
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email_mark", sa.String(length=80), nullable=True),
        sa.Column("phone_mark", sa.String(length=80), nullable=True),
        sa.Column(word, sa.String(length=100), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
    ]


def _create_orders() -> None:
    _create_exported(
        "template_orders",
        sa.Column("status", sa.String(length=100), nullable=True),
        sa.Column("total", Money(), nullable=True),
        sa.Column("ordered_at", UtcDateTime(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
    )
    op.create_table(
        "template_order_items",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("painting", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=500), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price", Money(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["template_orders.id"], name="fk_template_order_items_order_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template_order_items"),
        sa.UniqueConstraint(
            "order_id", "position", name="uq_template_order_items_order_id_position"
        ),
    )
    op.create_table(
        "template_order_drifts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("fields", Document, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["template_orders.id"], name="fk_template_order_drifts_order_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template_order_drifts"),
        sa.UniqueConstraint("order_id", "digest", name="uq_template_order_drifts_order_id_digest"),
    )
