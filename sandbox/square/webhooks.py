"""Webhooks as Square sends them: signed, at least once, in whatever order."""

import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from sandbox.square.grants import MERCHANT

SIGNATURE = "x-square-hmacsha256-signature"
PATIENCE = 10.0
"""Seconds that Square waits for an answer."""
NOBODY = 0
"""The status of a delivery that nobody answered."""


@dataclass
class Webhooks:
    """A seller's subscription: events go to ``url``, signed with ``key``. Both may change.

    ``waiting`` are the bodies that nobody has taken yet, in the order of what happened.
    """

    url: str = ""
    key: str = "a signature key"
    waiting: list[bytes] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def order(self, ident: str, *, kind: str = "updated", version: int = 1) -> bytes:
        """Announce what happened to an order."""
        said = {"order_id": ident, "version": version, "state": "COMPLETED"}
        return self.announce(f"order.{kind}", ident, {f"order_{kind}": said})

    def money(self, kind: str, ident: str, order: str) -> bytes:
        """Announce a payment or refund (``payment.updated``) of an order."""
        word = kind.partition(".")[0]
        return self.announce(kind, ident, {word: {"id": ident, "order_id": order}})

    def catalogue(self) -> bytes:
        """Announce that something in the catalogue has changed."""
        return self.announce("catalog.version.updated", "", {"catalog_version": {}})

    def announce(self, kind: str, ident: str, inner: dict[str, Any]) -> bytes:
        """An event that waits to be delivered; its body."""
        with self._lock:
            body = json.dumps(
                {
                    "merchant_id": MERCHANT,
                    "type": kind,
                    "event_id": f"event-{next(self._ids)}",
                    "data": {"type": next(iter(inner)), "id": ident, "object": inner},
                }
            ).encode()
            self.waiting.append(body)
        return body

    def deliver(self, *, times: int = 1, backwards: bool = False) -> list[int]:
        """Send what waits, each event so many ``times``, the newest first if ``backwards``; the
        statuses. What was not taken (2xx) waits on, and is late then.
        """
        with self._lock:
            bodies, self.waiting = self.waiting, []
        statuses: list[int] = []
        for body in reversed(bodies) if backwards else bodies:
            answers = [self.post(body) for _ in range(times)]
            statuses += answers
            if not any(200 <= status < 300 for status in answers):  # noqa: PLR2004 - HTTP's own
                with self._lock:
                    self.waiting.append(body)
        return statuses

    def post(self, body: bytes, *, signature: str | None = None) -> int:
        """The status that answers ``body``; ``NOBODY`` when nobody does."""
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.netloc, timeout=PATIENCE)
        signed = self.sign(body) if signature is None else signature
        headers = {"Content-Type": "application/json", SIGNATURE: signed}
        try:
            connection.request("POST", parts.path or "/", body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return NOBODY
        finally:
            connection.close()

    def sign(self, body: bytes) -> str:
        """Square's signature: over the address and the body."""
        return b64encode(hmac.digest(self.key.encode(), self.url.encode() + body, sha256)).decode()


class Delivery(BaseModel):
    """An order to announce that ``orders`` changed, and maybe the ``catalogue``, and to deliver
    whatever waits then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders: tuple[str, ...] = ()
    catalogue: bool = False
    times: int = 1
    backwards: bool = False

    def carry_out(self, webhooks: Webhooks) -> list[int]:
        """The statuses of the deliveries."""
        for ident in self.orders:
            webhooks.order(ident)
        if self.catalogue:
            webhooks.catalogue()
        return webhooks.deliver(times=self.times, backwards=self.backwards)
