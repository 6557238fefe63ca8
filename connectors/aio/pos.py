"""Points of sale, awaited: the same operations, iterators as lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from os import PathLike
from types import TracebackType
from typing import Self

from connectors import pos
from connectors.families import (
    Location,
    PointOfSale,
    Price,
    Product,
    Promotion,
    Result,
    Status,
    Transaction,
)


class AwaitedPointOfSale:
    """``connector``, awaited. A call that is canceled goes on in its thread to its end."""

    def __init__(self, connector: PointOfSale) -> None:
        self.connector = connector

    @property
    def capabilities(self) -> dict[str, bool]:
        """As of the connector."""
        return self.connector.capabilities

    async def connect(self) -> None:
        """As of the connector."""
        await asyncio.to_thread(self.connector.connect)

    async def refresh_authentication(self) -> None:
        """As of the connector."""
        await asyncio.to_thread(self.connector.refresh_authentication)

    async def get_locations(self) -> list[Location]:
        """As of the connector."""
        return await asyncio.to_thread(self.connector.get_locations)

    async def get_transactions(
        self,
        start_date: date | datetime,
        end_date: date | datetime,
        status: Status | None = None,
        location: str | None = None,
    ) -> list[Transaction]:
        """As of the connector, all of them at once."""
        read = self.connector.get_transactions
        return await asyncio.to_thread(
            lambda: list(read(start_date, end_date, status=status, location=location))
        )

    async def get_transaction(self, id: str) -> Transaction:  # noqa: A002 - the name users know
        """As of the connector."""
        return await asyncio.to_thread(self.connector.get_transaction, id)

    async def get_products(self, updated_since: datetime | None = None) -> list[Product]:
        """As of the connector, all of them at once."""
        return await asyncio.to_thread(lambda: list(self.connector.get_products(updated_since)))

    async def get_promotions(self) -> list[Promotion]:
        """As of the connector."""
        return await asyncio.to_thread(self.connector.get_promotions)

    async def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """As of the connector."""
        return await asyncio.to_thread(self.connector.push_prices, changes, key=key)

    async def push_products(self, products: Iterable[Product], *, key: str) -> list[Result]:
        """As of the connector."""
        return await asyncio.to_thread(self.connector.push_products, products, key=key)

    async def push_promotion(self, promotion: Promotion, *, key: str) -> Result:
        """As of the connector."""
        return await asyncio.to_thread(self.connector.push_promotion, promotion, key=key)

    async def close(self) -> None:
        """Give the connections back."""
        await asyncio.to_thread(self.connector.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class SquareConnector(AwaitedPointOfSale):
    """Square, awaited."""

    def __init__(
        self,
        config_path: str | PathLike[str] | None = None,
        config_dict: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(pos.SquareConnector(config_path, config_dict))
