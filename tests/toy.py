"""Tills of a vendor that only tests have, over real HTTP, with and without idempotency keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, cast

import pytest

from connectors.families import PointOfSale, Price, Product, Result
from connectors.http.deadline import Timeouts
from sandbox.messages import Answer, Delivery, Request, json_answer
from sandbox.server import running
from syncs import registry
from syncs.source import AnySource, Source

SOURCES = cast("MutableMapping[str, AnySource]", registry.SOURCES.declared)
"""Those that the product declares."""
TOKEN = "a-token-of-the-toy"


class Vendor:
    """Prices by SKU. The next writes may be answered otherwise: with a status, ``lost``, or
    ``later`` (in 77 s).
    """

    def __init__(self, *, keyed: bool) -> None:
        self.keyed = keyed
        self.prices: dict[str, str] = {"CAFE": "2.00", "THE": "3.00"}
        self.writes: list[tuple[str, str]] = []
        """Every price that was set, in order."""
        self.asked: list[str] = []
        self.next: list[int | str] = []
        self.blind = 0
        """The status of every read, 0: it is answered."""
        self.url = ""
        self.on_write: Callable[[], object] = bool
        self.on_written: Callable[[], object] = bool
        """Called before and after each write is carried out."""
        self._known: dict[str, object] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            self.asked.append(f"{request.method} {request.path}")
            if request.method == "GET":
                return self._read()
            return self._write(request)

    def _read(self) -> Answer:
        if self.blind:
            return json_answer({}, status=self.blind)
        return json_answer([{"sku": sku, "price": price} for sku, price in self.prices.items()])

    def _write(self, request: Request) -> Answer:
        how = self.next.pop(0) if self.next else 200
        if how == "later":
            return json_answer({}, status=429, Retry_After="77")
        if isinstance(how, int) and how != 200:
            return json_answer({}, status=how)
        self.on_write()
        given = json.loads(request.body)
        key = request.headers.get("idempotency-key", "") if self.keyed else ""
        if not (key and key in self._known):
            self._known[key] = [self._set(each) for each in given]
        self.on_written()
        answer = json_answer(self._known[key])
        return Answer(200, delivery=Delivery(silent=True)) if how == "lost" else answer

    def _set(self, given: dict[str, str]) -> bool:
        if given["sku"] not in self.prices:
            return False
        self.prices[given["sku"]] = given["price"]
        self.writes.append((given["sku"], given["price"]))
        return True


class Toy(PointOfSale):
    """Sets prices and lists products; no promotions."""

    vendor: ClassVar[str] = "toy"
    base_url: ClassVar[str] = "https://toy.invalid"

    def get_products(self, updated_since: datetime | None = None) -> Iterator[Product]:
        """Every article."""
        data = self.http.get("articles").data
        assert isinstance(data, list)
        for each in data:
            price = Decimal(each["price"])
            yield Product(
                name=each["sku"], price=price, currency="EUR", id=each["sku"], sku=each["sku"]
            )

    def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """All in one request."""
        given = list(changes)
        body = [{"sku": each.sku, "price": f"{each.price:.2f}"} for each in given]
        headers = {"Idempotency-Key": key} if self.keyed else {}
        data = self.http.post("articles", body, headers=headers, idempotent=self.keyed).data
        assert isinstance(data, list)
        return [
            Result(key=each.sku or "", outcome="updated", external_id=each.sku)
            if done
            else Result(key=each.sku or "", outcome="failed", error=f"there is no {each.sku}")
            for each, done in zip(given, data, strict=True)
        ]


class KeyedToy(Toy):
    """The same, and it knows idempotency keys."""

    keyed: ClassVar[bool] = True


class BlindToy(Toy):
    """The same without keys, and of what it has it tells nothing."""

    def get_products(self, updated_since: datetime | None = None) -> Iterator[Product]:
        """No."""
        raise self.lacking("get_products")


def source(kind: type[Toy], url: str, **more: object) -> Source[Toy]:
    """The source called ``toy``."""

    def connector(_: Timeouts) -> Toy:
        return kind(
            config_dict={
                "api": {"base_url": url},
                "auth": {"method": "bearer", "token": TOKEN},
                "connection": {"max_retries": 0, "timeout": 2},
                **more,
            }
        )

    return Source(
        name="toy", family="pos", vendor="toy", connector=connector, timeout=lambda: 2, advice="no"
    )


@contextmanager
def serving(*, keyed: bool) -> Iterator[Vendor]:
    """A vendor at its ``url``."""
    vendor = Vendor(keyed=keyed)
    with running(vendor, host="127.0.0.1", port=0) as server:
        vendor.url = server.url
        yield vendor


KINDS = {"keyed": KeyedToy, "keyless": Toy, "blind": BlindToy}


@pytest.fixture
def kind() -> str:
    """Which of the vendors a test is about, unless it says otherwise."""
    return "keyed"


@pytest.fixture
def vendor(kind: str, store: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """A vendor that is configured as ``toy``."""
    with serving(keyed=kind == "keyed") as served:
        monkeypatch.setitem(SOURCES, "toy", source(KINDS[kind], served.url))
        yield served
