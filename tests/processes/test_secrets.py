"""Secrets and guests' words on their way through a whole stack that logs everything it can."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from sqlalchemy import select

from db.access import operators
from db.models import OutboxCommand, PosTransaction, SyncRun
from db.session import reading, writing
from sandbox import square
from sandbox.messages import Answer, Request
from sandbox.square import orders
from syncs.registry import SYNCS
from syncs.tokens import StoredTokens
from tests.connectors.folder import configure, square_at
from tests.processes.conftest import ROOT, Family
from tests.servers import Redis, free_port, until
from tests.webhooks import PATH, events

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRETS = {
    "SQUARE_CLIENT_SECRET": "canary of the client secret",
    "SQUARE_SIGNATURE_KEY": "canary of the signature key",
    "BAR_TOKEN": "canary-of-a-refused-token",
}
GUEST = "canary of a guest"
NOTICE = "canary of a webhook"
ORDERED = "canary of a command"

ENDS = {
    "runs": ["failed", "partial"],
    "commands": ["done", "failed"],
    "events": ["done", "failed"],
    "stored": ["T1"],
}


class Monitor(Thread):
    """Everything that any client says to a Redis, and what its scripts do there."""

    def __init__(self, server: Redis) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.sendall(f"AUTH {server.password}\r\nMONITOR\r\n".encode())
        self._heard: list[bytes] = []
        self.start()

    def run(self) -> None:
        while chunk := self._socket.recv(2**16):
            self._heard.append(chunk)

    def end(self) -> bytes:
        """Listen no more; what was heard."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self._socket.close()
        return b"".join(self._heard)


def spellings(secret: str) -> Iterator[bytes]:
    """As it is, and as the bodies of messages have it: in base64, wherever it begins."""
    yield secret.encode()
    for before, cut in enumerate((0, 2, 3)):
        yield b64encode(b"\0" * before + secret.encode())[cut:-4]


def repeating(source: square.Square) -> None:
    """Refusals repeat what was asked, as some vendors' do."""
    answer = source.answer

    def said(request: Request) -> Answer:
        given = answer(request)
        if given.status < 400:
            return given
        told: dict[str, Any] = json.loads(bytes(given.body))
        for each in told.get("errors", [told]):
            each["detail"] = f"{request.headers.get('authorization')} {request.body.decode()}"
        return replace(given, body=json.dumps(told).encode())

    source.answer = said  # type: ignore[method-assign]  # every request goes through it


def sold(ident: str) -> orders.Order:
    """An order in which the guest is named wherever Square has room for it."""
    order = orders.sale(ident, closed_at=NOON)
    order["note"] = order["line_items"][0]["note"] = order["tenders"][0]["note"] = GUEST
    order["ticket_name"], order["metadata"] = GUEST, {"guest": GUEST}
    order["fulfillments"] = [{"pickup_details": {"recipient": {"display_name": GUEST}}}]
    return order


@pytest.fixture
def monitor(empty_redis: Redis) -> Iterator[Monitor]:
    found = Monitor(empty_redis)
    yield found
    found.end()


@pytest.fixture
def url() -> str:
    """Where the web process will listen."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def vendor(url: str) -> Iterator[square.Square]:
    """Square, with two orders of a guest, one of which cannot be read."""
    with square.serve() as source:
        repeating(source)
        source.webhooks.url, source.webhooks.key = url + PATH, SECRETS["SQUARE_SIGNATURE_KEY"]
        source.oauth.client_secret = SECRETS["SQUARE_CLIENT_SECRET"]
        source.add(sold("T1"), {**sold("T2"), "total_money": GUEST})
        source.catalogue.refused.add("VARCAFE")
        yield source


@pytest.fixture
def connected(family: Family, store, vendor, empty_redis, monkeypatch, tmp_path: Path) -> Family:
    """``family`` with a shop whose tokens are good and a bar whose token is refused."""
    connect(monkeypatch, tmp_path / "config", vendor)
    family.env |= {name: os.environ[name] for name in (*SECRETS, "CONNECTORS_DIR")} | {
        "DATABASE_URL": store.database_url,
        "INVENTORY_ENCRYPTION_KEY": store.inventory_encryption_key.get_secret_value(),
        "REDIS_URL": empty_redis.url,
        "LOG_LEVEL": "DEBUG",
        **{f"SYNC_SCHEDULE_{sync.setting}": "" for sync in SYNCS.values()},
    }
    return family


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_of_them_is_anywhere_in_the_clear(connected, vendor, monitor, empty_redis, url):
    granted, printed = authorise(connected, vendor)
    with writing() as session:
        operator = operators.add(session, name="ada", role="operator")[1]
    web = connected.python("manage.py", "web", "--port", url.rpartition(":")[2])
    worker = connected.celery("worker", "-c", "1", "-E", "-l", "DEBUG")
    web.says("Listening on")
    worker.says(" ready.")

    with requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {operator}"
        answers = [*everything_happens(http, url, vendor)]
    until(lambda: ends() == ENDS, what="the end", why_not=lambda: str(ends()))

    assert vendor.oauth.refreshes == 1
    renewed = StoredTokens("square").read()
    assert renewed is not None
    heard, texts = monitor.end(), [printed, *answers, web.said(), worker.said(), connected.names()]
    everywhere = b"\n".join([*map(str.encode, texts), heard, *files(connected)])
    secrets = {
        *SECRETS.values(), GUEST, NOTICE, ORDERED, operator, empty_redis.password,
        str(granted["access_token"]), str(granted["refresh_token"]),
        renewed.access_token, str(renewed.refresh_token),
        connected.env["INVENTORY_ENCRYPTION_KEY"],
    }  # fmt: skip
    assert b"outbox.send" in heard
    assert b"source.call" in everywhere
    assert [each for each in secrets if any(it in everywhere for it in spellings(each))] == []


def authorise(family: Family, vendor: square.Square) -> tuple[dict[str, object], str]:
    """Tokens of which the first has ended, given to the shop; and what was printed then."""
    granted = vendor.oauth.grant()
    taken = subprocess.run(
        [sys.executable, "manage.py", "connectors", "authorize", "square", "--tokens", "-"],
        cwd=ROOT, env=family.env, input=json.dumps(granted), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    vendor.oauth.end_access()
    return granted, taken.stdout + taken.stderr


def files(family: Family) -> Iterator[bytes]:
    """The store as it lies on the disk."""
    place = Path(family.env["DATABASE_URL"].removeprefix("sqlite:///"))
    for path in place.parent.glob(f"{place.name}*"):
        yield path.read_bytes()


def connect(monkeypatch: pytest.MonkeyPatch, folder: Path, source: square.Square) -> None:
    """A shop whose tokens are good, with webhooks, and a bar whose token is refused."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    oauth = {
        "method": "oauth2",
        "client_id": source.oauth.client_id,
        "client_secret": "${SQUARE_CLIENT_SECRET}",
    }
    webhook = {"url": source.webhooks.url, "signature_key": "${SQUARE_SIGNATURE_KEY}"}
    bar = square_at(source.url, auth={"method": "bearer", "token": "${BAR_TOKEN}"})
    configure(
        monkeypatch, folder, square=square_at(source.url, auth=oauth, webhook=webhook), bar=bar
    )


def everything_happens(http: requests.Session, url: str, source: square.Square) -> Iterator[str]:
    """Runs, webhooks and commands, good and bad; what the web process answers."""
    source.webhooks.announce("order.updated", "T1", {NOTICE: {"order_id": "T1", "note": NOTICE}})
    assert source.webhooks.deliver() == [200]
    assert source.webhooks.post(NOTICE.encode()) == 200
    assert source.webhooks.post(NOTICE.encode(), signature=NOTICE) == 401
    for name in ("square", "bar"):
        yield post(http, f"{url}/api/ops/syncs/{name}.transactions/run", {}, 202)
    commands = f"{url}/api/ops/connectors/square/commands/push_prices"
    for sku in ("PLAT-QUICHE", "PLAT-CAFE"):
        price = {"sku": sku, "price": "2.40", "currency": "EUR", "location": ORDERED}
        yield post(http, commands, {"prices": [price]}, 202)
        yield post(http, commands, {"prices": [{**price, "price": ORDERED}]}, 422)


def post(http: requests.Session, url: str, body: object, status: int) -> str:
    answer = http.post(url, json=body, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.text


def ends() -> dict[str, list[str]]:
    """How everything that happened has ended so far."""
    with reading() as session:
        return {
            "runs": sorted(session.scalars(select(SyncRun.status))),
            "commands": sorted(session.scalars(select(OutboxCommand.status))),
            "events": sorted(event.status for event in events()),
            "stored": sorted(session.scalars(select(PosTransaction.external_id))),
        }
