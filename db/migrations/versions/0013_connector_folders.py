"""Which connectors each process has read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connector_folders",
        sa.Column("id", BigId, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=16), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connector_folders"),
        sa.UniqueConstraint("role", "host", name="uq_connector_folders_role_host"),
    )


def downgrade() -> None:
    op.drop_table("connector_folders")
