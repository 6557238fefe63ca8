"""Square's webhooks: which order or catalogue an event is about (Webhooks API, 2025-08-20)."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import TypeVar

from pydantic import Field, ValidationError

from connectors.families.events import Event
from connectors.pos.square.wire import Wire
from core.errors import SkippableError
from core.payload import ExternalId

SIGNATURE = "x-square-hmacsha256-signature"

_OF_ORDERS = ("order.", "payment.", "refund.")
_OF_THE_CATALOGUE = "catalog.version.updated"

W = TypeVar("W", bound=Wire)


class Envelope(Wire):
    """What every event has."""

    event_id: ExternalId | None = None
    type: str = Field(min_length=1, max_length=64)


class Inner(Wire):
    """An order, a payment or a refund, of which we read whose order it is."""

    order_id: ExternalId | None = None


class Data(Wire):
    """``object`` has one member, which is called as its type."""

    id: ExternalId | None = None
    object: dict[str, Inner] = Field(default_factory=dict)


class OrderEvent(Wire):
    """An event about an order, its payment or its refund."""

    data: Data = Data()


class SquareEvents:
    """Orders, with what is paid and refunded of them, and the catalogue as a whole."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, url: str, key: str) -> bool:
        """Square signs the notification URL followed by the body."""
        made = b64encode(hmac.digest(key.encode(), url.encode() + body, sha256))
        given = headers.get(SIGNATURE, "")
        return hmac.compare_digest(made, given.encode("utf-8", "surrogatepass"))

    def read(self, body: bytes) -> Event:
        """An event about an order names it; so does one about its payment or refund."""
        envelope = _read(Envelope, body)
        ident, kind = envelope.event_id, envelope.type
        if kind == _OF_THE_CATALOGUE:
            return Event(id=ident, kind=kind, feeds=("products", "promotions"))
        order = _order(kind, body) if kind.startswith(_OF_ORDERS) else None
        if order is None:
            return Event(id=ident, kind=kind)
        return Event(id=ident, kind=kind, feeds=("transactions",), object_id=order)


def _order(kind: str, body: bytes) -> str | None:
    data = _read(OrderEvent, body).data
    named = next((inner.order_id for inner in data.object.values() if inner.order_id), None)
    return named or (data.id if kind.startswith("order.") else None)


def _read(model: type[W], body: bytes) -> W:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(map(str, first["loc"][:2]))
        raise SkippableError(f"{path or 'the body'}: {first['msg']}", field=path) from None
