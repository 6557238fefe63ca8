"""Commands to vendors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UNENDED = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("results", Document, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("errors", Document, nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_state_id", "outbox", ["state", "id"])
    op.create_index(
        "ix_outbox_unended", "outbox", ["id"], sqlite_where=UNENDED, postgresql_where=UNENDED
    )
    op.create_table(
        "outbox_objects",
        sa.Column("outbox_id", BigId, nullable=False),
        sa.Column("object", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name="fk_outbox_objects_outbox_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("outbox_id", "object", name="pk_outbox_objects"),
    )
    op.create_index("ix_outbox_objects_object_outbox_id", "outbox_objects", ["object", "outbox_id"])


def downgrade() -> None:
    op.drop_table("outbox_objects")
    op.drop_table("outbox")
