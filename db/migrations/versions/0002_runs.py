"""Runs, states, slots; rejects and failures; keys, operators and their acts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )
    op.create_index(
        "uq_api_keys_active",
        "api_keys",
        ["is_active"],
        unique=True,
        sqlite_where=sa.text("is_active"),
        postgresql_where=sa.text("is_active"),
    )

    op.create_table(
        "audit_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("details", Document, nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_table(
        "failed_tasks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("task", sa.String(length=128), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("args", Document, nullable=False),
        sa.Column("kwargs", Document, nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", Document, nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("retried_as", sa.String(length=64), nullable=True),
        sa.Column("who", sa.String(length=100), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_failed_tasks"),
    )
    op.create_index(
        "ix_failed_tasks_state_fingerprint", "failed_tasks", ["state", "fingerprint"], unique=False
    )

    op.create_table(
        "job_slots",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sync", sa.String(length=64), nullable=False),
        sa.Column("slot", UtcDateTime(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_slots"),
        sa.UniqueConstraint("sync", "slot", name="uq_job_slots_sync_slot"),
    )
    op.create_table(
        "operators",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
        sa.UniqueConstraint("name", name="uq_operators_name"),
        sa.UniqueConstraint("token_hash", name="uq_operators_token_hash"),
    )
    op.create_table(
        "rejects",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sync", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("identity", sa.String(length=128), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rejects"),
    )
    op.create_index(
        "uq_rejects_open",
        "rejects",
        ["sync", "identity", "code"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "sync_runs",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sync", sa.String(length=64), nullable=False),
        sa.Column("options", Document, nullable=False),
        sa.Column("trigger", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint", Document, nullable=True),
        sa.Column("checkpoint_at", UtcDateTime(), nullable=True),
        sa.Column("counts", Document, nullable=False),
        sa.Column("errors_list", Document, nullable=False),
        sa.Column("warnings", Document, nullable=False),
        sa.Column("errors", Document, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_runs"),
    )
    op.create_index("ix_sync_runs_sync_id", "sync_runs", ["sync", "id"], unique=False)
    op.create_index(
        "uq_sync_runs_active",
        "sync_runs",
        ["sync"],
        unique=True,
        sqlite_where=sa.text("status IN ('due', 'running')"),
        postgresql_where=sa.text("status IN ('due', 'running')"),
    )

    op.create_table(
        "sync_states",
        sa.Column("sync", sa.String(length=64), nullable=False),
        sa.Column("last_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("next_allowed_at", UtcDateTime(), nullable=True),
        sa.Column("source_wait_until", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.String(length=128), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("follow_up", Document, nullable=True),
        sa.Column("bookmark", Document, nullable=True),
        sa.PrimaryKeyConstraint("sync", name="pk_sync_states"),
    )


def downgrade() -> None:
    for table in (
        "sync_states",
        "sync_runs",
        "rejects",
        "operators",
        "job_slots",
        "failed_tasks",
        "audit_events",
        "api_keys",
    ):
        op.drop_table(table)
