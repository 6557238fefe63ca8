"""Acts on many rows; the fingerprint of a failure is its cause, whatever task met it."""

from __future__ import annotations

import hashlib
import json
import re

import sqlalchemy as sa
from alembic import op

from db.models.base import Document
from db.types import BigId, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNENDED = sa.text("status IN ('due', 'running')")
AT_ONCE = 500

_FRAME = re.compile(
    r'File "(?P<before>[^"]*?)[\\/](?P<path>(?:api|cli|connectors|core|db|syncs|tasks|worker)'
    r'[\\/][^"]+)\.py", line \d+, in (?P<name>\S+)'
)
_FOREIGN = re.compile(r"site-packages|dist-packages|[\\/]lib[\\/]python")


def upgrade() -> None:
    _create_acts()
    op.create_index("ix_failed_tasks_state_task", "failed_tasks", ["state", "task"])
    _rename_causes()


def downgrade() -> None:
    # Fingerprints stay: the version before groups by whatever is there.
    op.drop_index("ix_failed_tasks_state_task", "failed_tasks")
    op.drop_table("bulk_acts")


def _create_acts() -> None:
    op.create_table(
        "bulk_acts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("filter", Document, nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("canary", sa.BigInteger(), nullable=True),
        sa.Column("ids", Document, nullable=True),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("matching", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("reopened", Document, nullable=False),
        sa.Column("refusals", Document, nullable=False),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("errors", Document, nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_acts"),
    )
    op.create_index(
        "ix_bulk_acts_unended", "bulk_acts", ["id"],
        sqlite_where=UNENDED, postgresql_where=UNENDED,
    )  # fmt: skip


def _rename_causes() -> None:
    """Failures that were kept before belong to the causes of those that come."""
    connection, last = op.get_bind(), 0
    kept = sa.text(
        "SELECT id, task, attempts FROM failed_tasks WHERE id > :last ORDER BY id LIMIT :most"
    )
    change = sa.text("UPDATE failed_tasks SET fingerprint = :fingerprint WHERE id = :id")
    while rows := connection.execute(kept, {"last": last, "most": AT_ONCE}).all():
        connection.execute(
            change,
            [{"id": row.id, "fingerprint": _cause(row.task, row.attempts)} for row in rows],
        )
        last = rows[-1].id


def _cause(task: str, attempts: object) -> str:
    tries = json.loads(attempts) if isinstance(attempts, str) else attempts
    error = tries[-1] if isinstance(tries, list) and tries else {}
    code = error.get("code") or error.get("type")
    connector = task.removeprefix("sync.").partition(".")[0]
    text = f"{connector}|{code}|{_place(str(error.get('traceback') or ''))}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _place(traceback: str) -> str:
    place = ""
    for frame in _FRAME.finditer(traceback):
        if not _FOREIGN.search(frame["before"]):
            place = f"{frame['path']}:{frame['name']}".replace("\\", "/")
    return place
