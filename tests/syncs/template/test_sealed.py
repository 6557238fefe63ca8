"""Sealed columns: declared by their models, and nothing sealed is kept anywhere else."""

from sqlalchemy import String, select

from core import crypto
from db.access import sealed
from db.models import Base
from db.models.sealed import marks
from db.session import reading
from tests.syncs.template.exported import run_all

SEALED = {
    "api_keys.sealed", "rejects.payload", "sales.client", "sales_batches.body",
    "template_custom_requests.email", "template_custom_requests.extra",
    "template_custom_requests.name", "template_custom_requests.phone",
    "template_order_drifts.payload", "template_order_items.extra", "template_orders.extra",
    "template_users.email", "template_users.extra", "template_users.name",
    "template_users.phone", "terminals.signing_key",
}  # fmt: skip


def test_what_is_sealed_today_is_declared():
    """More may come; none may go."""
    assert {sealed.name(column) for column in sealed.columns()} >= SEALED


def test_a_sealed_column_is_a_text():
    assert all(isinstance(column.type, String) for column in sealed.columns())


def test_whatever_the_art_site_s_syncs_seal_is_in_a_declared_column(template):
    run_all()
    declared = {sealed.name(column) for column in sealed.columns()}
    held = set()

    with reading() as session:
        for table in Base.metadata.tables.values():
            of_marks = {name for name, _ in marks(table)}
            for row in session.execute(select(table)).mappings():
                held |= {
                    f"{table.name}.{name}"
                    for name, value in row.items()
                    if name not in of_marks and isinstance(value, str) and crypto.is_sealed(value)
                }

    assert "template_users.email" in held
    assert held <= declared
