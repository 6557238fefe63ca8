"""When a sync last asked its source for everything."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sync_states") as table:
        table.add_column(sa.Column("last_whole_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sync_states") as table:
        table.drop_column("last_whole_at")
