"""Shops: which is the default, which sells from which, which are closed; articles that left one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, UtcDateTime, db_now

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MARKED = sa.text("is_default")


def upgrade() -> None:
    _add_to_shops()
    op.add_column(
        "external_products", sa.Column("upstream_site", sa.String(length=64), nullable=True)
    )
    op.create_table(
        "departures",
        sa.Column("id", BigId, nullable=False),
        sa.Column("product_id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_departures_product_id"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_departures_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_departures"),
        sa.UniqueConstraint("product_id", "shop_id", name="uq_departures_product_id_shop_id"),
    )
    op.create_index("ix_departures_shop_id_at", "departures", ["shop_id", "at"])
    _depart_what_was_sold()


def downgrade() -> None:
    op.drop_table("departures")
    op.drop_column("external_products", "upstream_site")
    op.drop_index("uq_shops_is_default", "shops")
    for column in ("active", "sells_from", "is_default"):
        op.drop_column("shops", column)


def _add_to_shops() -> None:
    op.add_column(
        "shops", sa.Column("is_default", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("shops", sa.Column("sells_from", sa.BigInteger(), nullable=True))
    op.add_column(
        "shops", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.create_index(
        "uq_shops_is_default", "shops", ["is_default"], unique=True,
        sqlite_where=MARKED, postgresql_where=MARKED,
    )  # fmt: skip


def _depart_what_was_sold() -> None:
    """What a shop sold and does not have any more has left it: of earlier moves nothing else is
    known, and refunds of these sales may come.
    """
    products, sales, lines, departures = (
        sa.table("products", sa.column("id"), sa.column("shop_id")),
        sa.table("sales", sa.column("id"), sa.column("shop_id")),
        sa.table("sale_lines", sa.column("sale_id"), sa.column("product_id")),
        sa.table("departures", *map(sa.column, ("product_id", "shop_id", "at"))),
    )
    elsewhere = sa.or_(products.c.shop_id.is_(None), products.c.shop_id != sales.c.shop_id)
    sold = (
        sa.select(lines.c.product_id, sales.c.shop_id)
        .join(sales, sales.c.id == lines.c.sale_id)
        .join(products, products.c.id == lines.c.product_id)
        .where(elsewhere)
        .distinct()
        .subquery()
    )
    op.execute(
        departures.insert().from_select(
            ["product_id", "shop_id", "at"], sa.select(sold.c.product_id, sold.c.shop_id, db_now())
        )
    )
