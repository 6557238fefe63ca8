"""Events of vendors' webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNENDED = sa.text("status IN ('due', 'running')")


def upgrade() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("errors", Document, nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_events"),
        sa.UniqueConstraint("connector", "event_id", name="uq_webhook_events_connector_event_id"),
    )
    op.create_index("ix_webhook_events_connector_id", "webhook_events", ["connector", "id"])
    op.create_index(
        "ix_webhook_events_connector_subject", "webhook_events", ["connector", "subject"]
    )
    op.create_index(
        "ix_webhook_events_unended", "webhook_events", ["id"],
        sqlite_where=UNENDED, postgresql_where=UNENDED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("webhook_events")
