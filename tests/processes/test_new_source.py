"""A new source is four files: its syncs are carried out, shown, replayed and documented."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "cli", "connectors", "core", "db", "syncs", "tasks", "worker")

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


class House:
    """A copy of the product with the four files, and a store of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    def manage(self, *words: str) -> Any:
        done = self.run("manage.py", *words, "--json")
        return json.loads(done) if done.strip() else None

    def run(self, *argv: str) -> str:
        done = subprocess.run(
            [sys.executable, *argv],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "MOULIN_DOTENV": "", "TOYS_URL": self.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 3}, done.stderr
        return done.stdout

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "var" / "moulin.db")) as store:
            found = store.execute(statement).fetchall()
            store.commit()
        return found


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def house(tmp_path: Path, maker: Maker) -> Iterator[House]:
    home = tmp_path / "house"
    home.mkdir()
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, home / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for path in [*ROOT.glob("*.py"), ROOT / "pyproject.toml"]:
        shutil.copy(path, home)
    versions = home / "db" / "migrations" / "versions"
    head = max(path.name for path in versions.glob("*.py")).partition("_")[0]
    new = {
        home / "connectors" / "toys.py": CONNECTOR,
        home / "db" / "toys.py": TABLES,
        versions / "9999_toys.py": MIGRATION.replace("{head}", head),
        home / "syncs" / "sources" / "toys.py": SOURCE,
    }
    for path, text in new.items():
        assert not path.exists()
        path.write_text(text.lstrip(), "utf-8")
    with serving(maker) as url:
        house = House(home, url)
        house.run("manage.py", "migrate")
        yield house


def test_four_files_are_a_source(house, maker):
    house.rows(
        "CREATE TRIGGER forbidden BEFORE INSERT ON toy_lines WHEN NEW.toy = 'Interdit' "
        "BEGIN SELECT RAISE(ABORT, 'not for sale'); END"
    )

    # Synced, by its own command, page by page; one record is refused and stops no other.
    first = house.manage("sync_toys")
    assert (first["created"], first["errors"], first["status"]) == (2, 1, "partial")
    assert house.rows("SELECT external_id, total FROM toy_orders ORDER BY id") == [
        ("1", 125_000), ("2", 30_000),
    ]  # fmt: skip
    assert house.rows("SELECT order_id, position, toy, quantity FROM toy_lines ORDER BY id") == [
        (1, 1, "Toupie", 2), (1, 2, "Cerf-volant", 1), (2, 1, "Bille", 30),
    ]  # fmt: skip

    # Shown.
    [shown] = [one for one in house.manage("status")["syncs"] if one["sync"] == "toys.orders"]
    assert shown["state"] == "partial"
    [refused] = house.manage("rejects", "list", "--sync", "toys.orders")
    assert (refused["external_id"], refused["code"]) == ("3", "REFUSED_BY_DATABASE")

    # Replayed from what was received; the source is not asked.
    house.rows("DROP TRIGGER forbidden")
    asked = maker.asked
    house.manage("rejects", "replay", str(refused["id"]))
    assert maker.asked == asked
    assert house.rows("SELECT toy FROM toy_lines WHERE order_id = 3") == [("Interdit",)]

    # A change is written with its lines, what is unchanged is not.
    maker.orders[0] = order(1, "6.25", ("Toupie", 1))
    again = house.manage("sync_toys")
    assert (again["updated"], again["unchanged"], again["status"]) == (1, 2, "succeeded")
    assert house.rows("SELECT toy, quantity FROM toy_lines WHERE order_id = 1") == [("Toupie", 1)]

    # Documented: its operations, its command.
    document = json.loads(
        house.run(
            "-c",
            "import api, json; from api.openapi.document import document; "
            "print(json.dumps(document(api.create_app())))",
        )
    )
    [name, *_] = document["paths"]["/api/ops/syncs/{name}/run"]["post"]["parameters"]
    assert "toys.orders" in name["schema"]["enum"]
    assert "Orders from the toy maker" in house.run("manage.py", "sync_toys", "--help")
