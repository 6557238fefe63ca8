"""What a source does not say: no title, an unreadable quantity, the fields a sync has met.

With it go the categories that were made up for "no category", and the blanks around ids.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.canonical import canonical
from db.models.base import Document

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LINKS = (
    "external_categories", "external_products", "template_settings", "template_stats",
    "template_paintings", "template_orders", "template_users", "template_exhibitions",
    "template_custom_requests",
)  # fmt: skip
MADE_UP = (
    "SELECT category_id FROM external_categories "
    "WHERE external_id = '0' AND sync_status = 'placeholder'"
)


def upgrade() -> None:
    with op.batch_alter_table("template_paintings") as table:
        table.alter_column("name", existing_type=sa.String(500), nullable=True)
    with op.batch_alter_table("template_order_items") as table:
        table.alter_column("quantity", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("sync_states", sa.Column("fields", Document, nullable=True))
    _drop_made_up()
    for links in LINKS:
        _trim(links)


def downgrade() -> None:
    op.drop_column("sync_states", "fields")
    op.execute("UPDATE template_order_items SET quantity = 1 WHERE quantity IS NULL")
    op.execute("UPDATE template_paintings SET name = 'Sans titre' WHERE name IS NULL")
    with op.batch_alter_table("template_order_items") as table:
        table.alter_column("quantity", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("template_paintings") as table:
        table.alter_column("name", existing_type=sa.String(500), nullable=False)


def _drop_made_up() -> None:
    """Take away "Catégorie 0", which nobody's source has."""
    ids = [row[0] for row in op.get_bind().execute(sa.text(MADE_UP))]
    for ident in ids:
        for statement in (
            "UPDATE products SET category_id = NULL WHERE category_id = :id",
            "UPDATE categories SET parent_id = NULL WHERE parent_id = :id",
            "DELETE FROM external_categories WHERE category_id = :id",
            "DELETE FROM categories WHERE id = :id",
        ):
            op.execute(sa.text(statement).bindparams(id=ident))


def _trim(table: str) -> None:
    """Bring stored ids to the form in which they are compared; one that is taken stays."""
    links = sa.table(table, sa.column("id"), sa.column("source"), sa.column("external_id"))
    connection = op.get_bind()
    padded = [
        (row, canonical(row.external_id))
        for row in connection.execute(sa.select(links))
        if canonical(row.external_id) not in ("", row.external_id)
    ]
    for row, key in padded:
        same = links.c.source == row.source, links.c.external_id == key
        if connection.execute(sa.select(links.c.id).where(*same)).first() is None:
            mine = sa.update(links).where(links.c.id == row.id)
            connection.execute(mine.values(external_id=key))
