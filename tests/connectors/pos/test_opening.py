"""Building a connector by hand: from a file or a mapping, synchronous or awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors import aio, errors
from connectors.aio import pos as awaited
from connectors.config import ConnectorConfig, parse
from connectors.families import Family, Location, PointOfSale, Price, Promotion
from connectors.http.client import HTTPClient
from connectors.pos import SquareConnector
from core.errors import ConfigurationError
from sandbox import square
from sandbox.square import orders

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path, monkeypatch, source):
    """The flat file of one vendor."""
    monkeypatch.setenv("SQUARE_TOKEN", square.DEMO_TOKEN)
    path = tmp_path / "config.yaml"
    path.write_text(
        f"""
api:
  base_url: "{source.url}"
auth:
  method: "bearer"
  token: "${{SQUARE_TOKEN}}"
connection:
  timeout: 30  # secondes
  max_retries: 3
  retry_delay: 0
rate_limit:
  max_requests_per_minute: 600
  throttle_on_limit: true
logging:
  level: "INFO"
""",
        "utf-8",
    )
    return path


def test_a_week_of_sales_as_the_source_document_asks_for_it(source, file):
    source.add(orders.sale("T1", closed_at=datetime.now(UTC) - timedelta(days=1)))
    pos = SquareConnector(config_path=str(file))
    pos.connect()
    printed = []

    start_date = datetime.now() - timedelta(days=7)  # noqa: DTZ005 - as the document has it
    end_date = datetime.now()  # noqa: DTZ005 - as the document has it
    transactions = pos.get_transactions(
        start_date=start_date, end_date=end_date, status="completed"
    )
    for transaction in transactions:
        printed.append(f"Transaction #{transaction.id}: {transaction.total} €")
        printed += [
            f"  - {item.quantity}x {item.name}: {item.price} €" for item in transaction.items
        ]

    assert printed == ["Transaction #T1: 12.00 €", "  - 1x Quiche du moulin: 12.00 €"]
    pos.close()


def test_the_same_awaited(source, file):
    source.add(orders.sale("T1", closed_at=NOON))

    async def week() -> None:
        pos = awaited.SquareConnector(config_path=file)
        await pos.connect()
        transactions = await pos.get_transactions(
            start_date=NOON, end_date=NOON + timedelta(days=7), status="completed"
        )
        assert [it.id for it in transactions] == ["T1"]
        assert await pos.get_transaction("T1") == transactions[0]
        assert len(await pos.get_locations()) == 12
        assert len(await pos.get_products()) == 4
        assert await pos.get_promotions() == []
        price = Price(sku="PLAT-QUICHE", price=Decimal(13), currency="EUR")
        (result,) = await pos.push_prices([price], key="k-1")
        assert result.outcome == "updated"
        assert (await pos.push_products([], key="k-1")) == []
        await pos.close()

    asyncio.run(week())


def test_what_is_awaited_does_not_hold_the_loop(source, file, monkeypatch):
    async def both() -> None:
        async with awaited.SquareConnector(config_path=file) as pos:
            threads: set[int] = set()
            read = pos.connector.get_locations

            def noted() -> list[Location]:
                threads.add(threading.get_ident())
                return read()

            monkeypatch.setattr(pos.connector, "get_locations", noted)
            await asyncio.gather(pos.connect(), pos.get_locations())
            assert threading.get_ident() not in threads
            assert threads

    asyncio.run(both())


def test_the_awaited_face_has_every_operation():
    for name in (*PointOfSale.operations, "connect", "refresh_authentication", "close"):
        assert asyncio.iscoroutinefunction(getattr(awaited.SquareConnector, name)), name
    assert aio.__doc__


def test_awaited_errors_are_the_same(source, file):
    source.tokens.clear()

    async def refused() -> None:
        async with awaited.SquareConnector(config_path=file) as pos:
            assert pos.capabilities["get_products"]
            await pos.get_products()

    with pytest.raises(errors.AuthenticationError):
        asyncio.run(refused())


@pytest.mark.parametrize(
    ("auth", "problem"),
    [
        ({"method": "bearer"}, r"auth\.token: "),
        ({"method": "magic"}, r"auth\.method: "),
        ({}, r"auth\.method: "),
        (
            {
                "method": "oauth2",
                "client_id": "x",
                "client_secret": "x",
                "token_store": "database",
            },
            r'syncs\.connect\.to_source\("square"\)',
        ),
    ],
)
def test_a_configuration_that_cannot_work_names_the_problem(auth, problem):
    with pytest.raises(ConfigurationError, match=problem) as error:
        SquareConnector(config_dict={"auth": auth})

    assert "hunter2" not in str(error.value)


def test_one_configuration_is_given_and_no_two(file):
    with pytest.raises(ConfigurationError, match="config_path"):
        SquareConnector()
    with pytest.raises(ConfigurationError, match="config_path"):
        SquareConnector(config_path=file, config_dict={})


def test_without_an_address_it_is_squares_own():
    with SquareConnector(config_dict={"auth": {"method": "bearer", "token": "t"}}) as pos:
        assert pos.http.base_url == "https://connect.squareup.com"
        assert pos.config.api.version == "2025-08-20"


def test_another_client_may_be_given_and_has_the_vendors_defaults():
    made = []

    def client(config: ConnectorConfig, headers: Mapping[str, str]) -> HTTPClient:
        made.append((config.api.base_url, dict(headers)))
        return HTTPClient("https://proxy.example")

    config = parse({"auth": {"method": "bearer", "token": "t"}})
    with SquareConnector(config=config, client=client) as pos:
        assert pos.http.base_url == "https://proxy.example"

    assert made == [("https://connect.squareup.com", {"Square-Version": "2025-08-20"})]


def test_what_a_vendor_lacks_is_refused_and_is_no_capability(connect, source):
    class Bare(PointOfSale):
        vendor = "bare"
        base_url = source.url

    with Bare(config_dict={"auth": {"method": "bearer", "token": "t"}}) as pos:
        assert set(pos.capabilities.values()) == {False}
        for call in (
            pos.get_locations,
            lambda: pos.get_transactions(NOON, NOON),
            lambda: pos.get_transaction("x"),
            pos.get_products,
            pos.get_promotions,
            lambda: pos.push_prices([], key="k"),
            lambda: pos.push_products([], key="k"),
            lambda: pos.push_promotion(Promotion(name="x"), key="k"),
        ):
            with pytest.raises(errors.NotSupported, match="Bare has no"):
                call()

    assert len(source.log) == 0
    assert issubclass(PointOfSale, Family)
