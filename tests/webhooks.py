"""A connector to Square that expects webhooks, and what Square signs and sends."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from db.models import WebhookEvent
from db.session import reading
from tests.connectors import folder as connectors
from tests.connectors.folder import square_at

NAME = "square"
PATH = f"/webhooks/{NAME}/"
KEY = "a signature key"
URL = f"https://shop.example.com{PATH}"


def configure(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    at: str = "https://square.example",
    *,
    address: str | None = URL,
    **more: object,
) -> None:
    """Square ``at`` a url, which sends to ``address``, with ``more`` keys."""
    webhook = {"signature_key": "${SQUARE_SIGNATURE_KEY}"} | ({"url": address} if address else {})
    monkeypatch.setenv("SQUARE_SIGNATURE_KEY", KEY)
    connectors.configure(monkeypatch, folder, **{NAME: square_at(at, webhook=webhook) | more})


def order(ident: str = "ORD1", *, event: str | None = "event-1", kind: str = "updated") -> bytes:
    """An event about an order, as Square writes it."""
    said: dict[str, Any] = {
        "merchant_id": "MLFICTIVE",
        "type": f"order.{kind}",
        "data": {
            "type": f"order_{kind}",
            "id": ident,
            "object": {f"order_{kind}": {"order_id": ident}},
        },
    }
    if event is not None:
        said["event_id"] = event
    return json.dumps(said).encode()


def signature(body: bytes, *, url: str = URL, key: str = KEY) -> str:
    return b64encode(hmac.digest(key.encode(), url.encode() + body, sha256)).decode()


def deliver(
    app: Flask, body: bytes, *, signed: str | None = None, path: str = PATH
) -> TestResponse:
    """The answer to what Square sends; ``signed`` is another signature than its own."""
    headers = {"x-square-hmacsha256-signature": signature(body) if signed is None else signed}
    with app.test_client() as client:
        return client.post(path, data=body, headers=headers, content_type="application/json")


def events() -> list[WebhookEvent]:
    """All that are stored, oldest first."""
    with reading() as session:
        return list(session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)))
