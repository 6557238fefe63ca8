"""A toy maker: the four files that make it a source of the product, and its server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

CONNECTOR = '''
"""The toy maker: orders with their lines, two a page."""

from functools import partial

from connectors.connector import Connector
from connectors.http import auth, links, pages
from connectors.http.client import HTTPClient
from core.fields import ExternalId, Text
from core.money import Money
from core.payload import Payload


class LinePayload(Payload):
    """One toy of an order."""

    toy: Text
    quantity: int


class OrderPayload(Payload):
    """An order with its lines."""

    id: ExternalId
    total: Money
    lines: list[LinePayload]


class ToyMaker(Connector):
    """The toy maker's API."""

    @classmethod
    def open(cls, *, url, key, timeouts):
        """A connector on its own client."""
        key = auth.key("X-Key: {key}", key, where="TOYS_KEY")
        return cls(HTTPClient(url, auth=key, timeouts=timeouts))

    def orders(self, *, start=None):
        """All orders, two a page."""
        return pages.walk(
            lambda query: self.http.get("orders/", query).data,
            start or {"page": "1"},
            links.Links(path="orders/", hosts=(self.http.host,)),
            read=partial(links.records, keys=("orders",), path="orders/"),
            path="orders/",
        )
'''

TABLES = '''
"""What the toy maker is asked for: orders, each with its lines."""

from decimal import Decimal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id
from db.models.link import Link
from db.records.kind import Kind, Part


class ToyOrder(Link):
    """An order as the toy maker has it."""

    __tablename__ = "toy_orders"
    __table_args__ = (UniqueConstraint("external_id", "source"),)

    total: Mapped[Decimal]


class ToyLine(Base):
    """One toy of an order."""

    __tablename__ = "toy_lines"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("toy_orders.id"))
    position: Mapped[int]
    toy: Mapped[str] = mapped_column(String(100))
    quantity: Mapped[int]


ORDERS = Kind(
    link=ToyOrder,
    version=1,
    columns=("total",),
    parts=(
        Part(name="lines", model=ToyLine, parent="order_id", columns=("toy", "quantity")),
    ),
)
'''

MIGRATION = '''
"""The toy maker's orders."""

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Money, UtcDateTime

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "toy_orders",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("external_id", sa.String(64), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("payload_hash", sa.String(64)),
        sa.Column("sync_status", sa.String(16), nullable=False),
        sa.Column("last_synced_at", UtcDateTime()),
        sa.Column("seen_run", sa.BigInteger()),
        sa.Column("gone_at", UtcDateTime()),
        sa.Column("error", sa.Text()),
        sa.Column("total", Money(), nullable=False),
        sa.UniqueConstraint("external_id", "source"),
    )
    op.create_table(
        "toy_lines",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("order_id", BigId, sa.ForeignKey("toy_orders.id"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("toy", sa.String(100), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("order_id", "position"),
    )


def downgrade():
    op.drop_table("toy_lines")
    op.drop_table("toy_orders")
'''

SOURCE = '''
"""The toy maker: how its orders map to our columns, its source and its sync."""

import os

from connectors.toys import OrderPayload, ToyMaker
from db.records.plan import Row
from db.toys import ORDERS as KIND
from syncs.declaration import Sync
from syncs.source import Source


def order_row(record):
    """total→total, lines→lines."""
    lines = [{"toy": line.toy, "quantity": line.quantity} for line in record.lines]
    return Row(record.id, {"total": record.total}, {"lines": lines})


SOURCE = Source(
    name="toys",
    family="suppliers",
    vendor="toymaker",
    connector=lambda timeouts: ToyMaker.open(
        url=os.environ["TOYS_URL"], key="open sesame", timeouts=timeouts
    ),
    timeout=lambda: 5.0,
    advice="Set TOYS_URL.",
)

ORDERS = Sync(
    name="toys.orders",
    summary="Orders from the toy maker",
    source=SOURCE,
    fetch=ToyMaker.orders,
    record=OrderPayload,
    row=order_row,
    kind=KIND,
    item="order_id",
    complete=True,
    aliases=("sync_toys",),
)

SYNCS = (ORDERS,)
'''


class Maker:
    """The toy maker's server; ``orders`` may change between two runs."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = [
            order(1, "12.50", ("Toupie", 2), ("Cerf-volant", 1)),
            order(2, "3.00", ("Bille", 30)),
            order(3, "8.00", ("Interdit", 1)),
        ]
        self.asked = 0

    def answer(self, query: str) -> dict[str, Any]:
        self.asked += 1
        page = int(parse_qs(query)["page"][0])
        more = len(self.orders) > 2 * page
        part = self.orders[2 * page - 2 : 2 * page]
        return {"orders": part, "next": f"?page={page + 1}" if more else None}


def order(ident: int, total: str, *lines: tuple[str, int]) -> dict[str, Any]:
    named = [{"toy": toy, "quantity": quantity} for toy, quantity in lines]
    return {"id": ident, "total": total, "lines": named}


@contextmanager
def serving(maker: Maker) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers["X-Key"] == "open sesame"
            body = json.dumps(maker.answer(urlsplit(self.path).query)).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
