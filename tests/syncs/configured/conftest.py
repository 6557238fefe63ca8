"""A seller's account at Square, tied to the store by its configuration alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from db.models import PosItem, PosPayment, PosTransaction
from db.session import reading
from sandbox import square
from sandbox.messages import Answer, Request
from sandbox.square import orders
from syncs.declaration import AnySync
from syncs.registry import SYNCS
from tests.connectors.folder import configure, forget_process, square_at
from tests.syncs.running import Statistics, sync_now

L = TypeVar("L", PosItem, PosPayment)
SEARCH = "/v2/orders/search"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Shop:
    """What ``vendor`` has, and the syncs that bring it in."""

    vendor: square.Square

    @property
    def transactions(self) -> AnySync:
        return SYNCS["square.transactions"]

    @property
    def products(self) -> AnySync:
        return SYNCS["square.products"]

    @property
    def searches(self) -> list[int]:
        """How each search for orders was answered."""
        return [each.status for each in self.vendor.log if each.path == SEARCH]

    def after_search(self, number: int, act: Callable[[], object]) -> None:
        """Have ``act`` happen when Square has answered so many searches for orders."""
        answer, searches = self.vendor.answer, count(1)

        def watched(request: Request) -> Answer:
            given = answer(request)
            if request.path == SEARCH and next(searches) == number:
                act()
            return given

        self.vendor.answer = watched  # type: ignore[method-assign]  # every request goes through it

    def sell(self, ident: str, *, closed_at: datetime = NOON, **more: Any) -> orders.Order:
        """An order, which may be edited."""
        made = orders.sale(ident, closed_at=closed_at, **more)
        self.vendor.add(made)
        return made

    def bring(self, **options: Any) -> Statistics:
        """The transactions come in."""
        return sync_now(self.transactions, **options)

    @property
    def stored(self) -> dict[str, PosTransaction]:
        """The transactions in the store, by Square's ids."""
        with reading() as session:
            return {row.external_id: row for row in session.scalars(select(PosTransaction))}

    def items(self, ident: str) -> Sequence[PosItem]:
        """The items of one of them."""
        return self.lines(PosItem, ident)

    def lines(self, model: type[L], ident: str) -> Sequence[L]:
        """The items or the payments of one of them."""
        query = (
            select(model)
            .join(PosTransaction, PosTransaction.id == model.transaction_id)
            .where(PosTransaction.external_id == ident)
            .order_by(model.position)
        )
        with reading() as session:
            return session.scalars(query).all()


@pytest.fixture
def shop(store, monkeypatch, tmp_path) -> Iterator[Shop]:
    """One location in Paris and one in Tokyo, and four products."""
    with square.serve() as vendor:
        vendor.add_location("LTOKYO", timezone="Asia/Tokyo", currency="JPY")
        configure(monkeypatch, tmp_path / "config", square=square_at(vendor.url))
        yield Shop(vendor)
    forget_process()
