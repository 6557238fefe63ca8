"""Numbers as they are compared, sales sold under another one, terminals that replace others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from alembic import op

from core.canonical import canonical

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT_ONCE = 10_000
COMPARED = sa.text("coalesce(compared_number, invoice_number)")
RENUMBERED = sa.text("sent_number IS NOT NULL")

SALES = sa.text(
    "SELECT id, shop_id, invoice_number FROM sales WHERE id > :after ORDER BY id LIMIT :most"
)
TAKEN = sa.text("SELECT 1 FROM sales WHERE invoice_number = :number AND shop_id = :shop_id")
COMPARE = sa.text("UPDATE sales SET compared_number = :number WHERE id = :id")
REFUSALS = sa.text(
    "SELECT rejects.id, rejects.identity, rejects.code, sales_batches.terminal_id FROM rejects "
    "JOIN sales_batches ON sales_batches.id = rejects.batch_id "
    "WHERE rejects.sync = 'sales' AND rejects.state = 'open' ORDER BY rejects.id"
)
NAME = sa.text("UPDATE rejects SET identity = :identity WHERE id = :id")


def upgrade() -> None:
    op.add_column("terminals", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
    op.create_index("uq_terminals_replaces_id", "terminals", ["replaces_id"], unique=True)
    op.add_column("sales", sa.Column("compared_number", sa.Text(), nullable=True))
    op.add_column("sales", sa.Column("sent_number", sa.Text(), nullable=True))
    _compare(op.get_bind())
    op.create_index("uq_sales_compared_number", "sales", [COMPARED, "shop_id"], unique=True)
    op.create_index(
        "ix_sales_sent_number", "sales", ["sent_number", "shop_id"],
        sqlite_where=RENUMBERED, postgresql_where=RENUMBERED,
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        # It knows nothing of a new index on an expression, and would read all of a shop's sales.
        op.execute("ANALYZE sales")
    _rename_refusals(op.get_bind(), _with_terminal)


def downgrade() -> None:
    _rename_refusals(op.get_bind(), _without_terminal)
    op.drop_index("ix_sales_sent_number", "sales")
    op.drop_index("uq_sales_compared_number", "sales")
    op.drop_column("sales", "sent_number")
    op.drop_column("sales", "compared_number")
    op.drop_index("uq_terminals_replaces_id", "terminals")
    op.drop_column("terminals", "replaces_id")


def _compare(connection: sa.Connection) -> None:
    """Give numbers with blanks around them, or not in NFC, their canonical form.

    What was sold under two spellings of one number stays two sales, the later under its own.
    """
    given: set[tuple[int, str]] = set()
    for ident, shop_id, number in _sales(connection):
        form = canonical(number)
        taken = connection.scalar(TAKEN, {"number": form, "shop_id": shop_id})
        if not form or taken or (shop_id, form) in given:
            continue
        given.add((shop_id, form))
        connection.execute(COMPARE, {"number": form, "id": ident})


def _sales(connection: sa.Connection) -> Iterator[sa.Row[int, int, str]]:
    """Id, shop and number of the sales whose number is not in its canonical form."""
    after = 0
    while rows := connection.execute(SALES, {"after": after, "most": AT_ONCE}).all():
        after = rows[-1].id
        yield from (row for row in rows if canonical(row.invoice_number) != row.invoice_number)


def _rename_refusals(connection: sa.Connection, rename: Callable[[str, int], str]) -> None:
    """A refusal is one of its terminal. Of two that would be one, the later keeps its identity."""
    seen: set[tuple[str, str]] = set()
    for ident, identity, code, terminal_id in connection.execute(REFUSALS).all():
        other = rename(identity, terminal_id)
        if (other, code) not in seen:
            seen.add((other, code))
            connection.execute(NAME, {"identity": other, "id": ident})


def _with_terminal(identity: str, terminal_id: int) -> str:
    shop_id, *_, digest = identity.split(":")
    return f"{shop_id}:{terminal_id}:{digest}"


def _without_terminal(identity: str, _terminal_id: int) -> str:
    shop_id, *_, digest = identity.split(":")
    return f"{shop_id}:{digest}"
