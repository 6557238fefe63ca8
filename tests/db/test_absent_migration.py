"""What the migration of absent values does to the rows of 0.1.0, and back."""

import pytest
import sqlalchemy as sa
from alembic import command

from db import migrate
from db.session import engine

BEFORE = "0007"
NOW = "2026-11-29 08:00:00.000"


def put(connection: sa.Connection, table: str, **values: object) -> None:
    """Insert a row, whatever the models say now."""
    columns: list[sa.ColumnClause[object]] = [sa.column(name) for name in values]
    connection.execute(sa.insert(sa.table(table, *columns)).values(**values))


def values(query: str) -> list[tuple[object, ...]]:
    """What a query gives."""
    with engine().connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def category(connection: sa.Connection, ident: int, status: str, parent: int | None = None) -> None:
    """A category, whose id at the source is one lower."""
    at = {"created_at": NOW, "updated_at": NOW}
    put(connection, "categories", id=ident, name="C", slug="c", parent_id=parent, **at)
    key = str(ident - 1)
    link = {"external_id": key, "source": "b2b", "sync_status": status}
    put(connection, "external_categories", category_id=ident, **link)


def product(
    connection: sa.Connection, ident: int, key: str, category_id: int | None = None
) -> None:
    """A product and its link."""
    at = {"created_at": NOW, "updated_at": NOW}
    ours = {"title": "P", "price": 1, "stock": 0, "active": True, "category_id": category_id}
    put(connection, "products", id=ident, **ours, **at)
    link = {"external_id": key, "source": "b2b", "sync_status": "synced"}
    put(connection, "external_products", product_id=ident, upstream_stock=0, **link)


def test_ids_lose_their_blanks_unless_another_record_has_them(store):
    command.downgrade(migrate.config(), BEFORE)
    with engine().begin() as connection:
        for ident, key in enumerate((" 7 ", "8", "8 ", "cafe\u0301", "A 1"), 1):
            product(connection, ident, key)

    command.upgrade(migrate.config(), "head")

    found = values("SELECT external_id FROM external_products ORDER BY product_id")
    assert found == [("7",), ("8",), ("8 ",), ("caf\u00e9",), ("A 1",)]


@pytest.mark.parametrize(("status", "left"), [("placeholder", [(2,)]), ("synced", [(1,), (2,)])])
def test_a_category_made_up_for_0_goes_and_a_real_one_stays(store, status, left):
    command.downgrade(migrate.config(), BEFORE)
    with engine().begin() as connection:
        category(connection, 1, status)
        category(connection, 2, "synced", parent=1)
        product(connection, 1, "7", 1)
        product(connection, 2, "8", 2)

    command.upgrade(migrate.config(), "head")

    assert values("SELECT id FROM categories ORDER BY id") == left
    kept = None if status == "placeholder" else 1
    assert values("SELECT category_id FROM products ORDER BY id") == [(kept,), (2,)]
    assert values("SELECT parent_id FROM categories WHERE id = 2") == [(kept,)]


def test_going_back_gives_untitled_paintings_a_title_and_unread_quantities_a_one(store):
    link = {"external_id": "1", "source": "template", "sync_status": "synced"}
    with engine().begin() as connection:
        put(connection, "template_paintings", **link)
        put(connection, "template_orders", id=1, **link)
        put(connection, "template_order_items", order_id=1, position=1)

    command.downgrade(migrate.config(), BEFORE)

    assert values("SELECT name FROM template_paintings") == [("Sans titre",)]
    assert values("SELECT quantity FROM template_order_items") == [(1,)]
