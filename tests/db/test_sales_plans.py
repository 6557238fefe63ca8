"""With 200,000 sales a till's question is answered through the index, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from db.session import engine, reading, writing
from db.tills import history, sales, statistics
from tests import sold

SALES = 200_000
INDEX = "ix_sales_shop_id_sold_at"
NUMBERS = (
    (sales._KNOWN, "uq_sales_compared_number"),
    (sales._RENUMBERED, "ix_sales_sent_number"),
)
BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
# One sale in ten minutes for almost four years, four of five in one shop, lines for every fourth.
SERIES = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) "
    "SELECT n FROM s)",
    "postgresql": "generate_series(1, {count}) AS s(n)",
}
MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', '2023-01-01', (n * 10) || ' minutes')",
    "postgresql": "timestamptz '2023-01-01 00:00Z' + n * interval '10 minutes'",
}
SALE = """
INSERT INTO sales (id, shop_id, batch_id, terminal_id, invoice_number, payment_method, paid, total,
                   sold_at, received_at, content_hash, oversold)
SELECT n, CASE WHEN n % 5 = 0 THEN {other} ELSE {shop} END, 1, 1, 'V' || n, 'CASH', true, 10,
       {moment}, {moment}, '', false
FROM {series}
"""
LINE = """
INSERT INTO sale_lines (sale_id, line_no, product_id, title, quantity, unit_price, list_price,
                        subtotal)
SELECT id, 1, {article}, 'Riz', 1, 10, 10, 10 FROM sales WHERE id % 4 = 0
"""


@pytest.fixture
def shop(store) -> int:
    """A shop with most of the sales; another one has the others."""
    ours, other = sold.shop("A"), sold.shop("B")
    names = {
        "shop": ours,
        "other": other,
        "article": sold.article(ours),
        "moment": MOMENT[dialect()],
        "series": SERIES[dialect()].format(count=SALES),
    }
    with writing() as session:
        session.execute(text(SALE.format(**names)))
        session.execute(text(LINE.format(**names)))
    return ours


def dialect() -> str:
    return engine().dialect.name


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with what they carry."""
    found: list[tuple[str, Any]] = []

    def hear(_connection, _cursor, statement, parameters, *_more):
        found.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", hear)
    yield found
    event.remove(engine(), "before_cursor_execute", hear)


def plan(question: Callable[[Session], Any]) -> str:
    """How the database carries out the first statement of ``question``."""
    with heard() as statements, reading() as session:
        question(session)
    explain = "EXPLAIN QUERY PLAN" if dialect() == "sqlite" else "EXPLAIN"
    statement, parameters = next(found for found in statements if " sales" in found[0])
    with engine().connect() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in rows)


def plan_among(statement: str, shop: int) -> str:
    """How the database looks numbers up."""
    sqlite = dialect() == "sqlite"
    numbers = [f"V{number}" for number in range(1, 101)]
    among = f"IN ({', '.join('?' * len(numbers))})" if sqlite else "= ANY(%s)"
    text = statement.replace("IN ?*", among)
    text = f"EXPLAIN QUERY PLAN {text}" if sqlite else f"EXPLAIN {text.replace('?', '%s')}"
    values = (shop, *numbers) if sqlite else (shop, numbers)
    with engine().connect() as connection:
        rows = connection.exec_driver_sql(text, values)
        return "\n".join(str(row[-1]) for row in rows)


def by(found: str) -> str:
    """The conditions under which indexes are looked into."""
    lines = [line for line in found.splitlines() if "Index Cond" in line or "SEARCH" in line]
    return "\n".join(lines).replace(INDEX, "")


def questions(shop: int) -> dict[str, Callable[[Session], Any]]:
    """What tills ask, about the middle of the years."""
    middle = BEGIN + 700 * DAY
    year = [(middle + n * DAY, middle + (n + 1) * DAY) for n in range(366)]
    month = (middle, middle + 30 * DAY)
    return {
        "newest": lambda s: history.recent(s, shop, limit=51),
        "period": lambda s: history.recent(s, shop, start=month[0], stop=month[1], limit=51),
        "next page": lambda s: history.recent(s, shop, before=(middle, 9), limit=51),
        "month": lambda s: statistics.figures(s, shop, year[:30]),
        "year": lambda s: statistics.figures(s, shop, year),
        "articles": lambda s: statistics.articles(s, shop, month, limit=10),
    }


def test_every_question_is_answered_through_the_index(shop):
    for analyzed in (False, True):
        if analyzed:
            with writing() as session:
                session.execute(text("ANALYZE"))
        for name, question in questions(shop).items():
            found = plan(question)

            assert INDEX in found, (name, analyzed, found)
            # By the moment too, not only by the shop; the newest are at the index's end.
            assert name == "newest" or "sold_at" in by(found), (name, analyzed, found)
            for scan in ("Seq Scan on sales", "SCAN sales"):
                assert scan not in found, (name, analyzed, found)
        for statement, index in NUMBERS if analyzed else ():
            assert index in plan_among(statement, shop), index
