"""Receiving an event: its signature is checked, and it is stored before anybody reads more of it.

The row is the queue: whoever received it rings, and a sweeper rings for what was not heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from connectors.families import Event
from core import crypto
from core.errors import MoulinError, SkippableError
from core.logs import get_logger
from db.session import writing
from db.work import webhooks
from syncs import trying
from syncs.webhooks.receivers import Receiver
from syncs.webhooks.subjects import Subject

log = get_logger(__name__)

TASK = "webhooks.process"
UNREADABLE = "unreadable"
"""The kind of an event that cannot be read."""
PATIENCE = 5.0
"""Seconds to wait for a turn to write: a vendor hangs up, and sends the event again."""


class SignatureError(MoulinError):
    """The body is not signed by the vendor, or not for this address."""

    code = "SIGNATURE"


@dataclass(frozen=True, kw_only=True)
class Received:
    """An event is kept; ``to_ring`` is its id when it has to be processed."""

    status: Literal["stored", "known"]
    to_ring: int | None = None


def receive(receiver: Receiver, headers: Mapping[str, str], body: bytes) -> Received:
    """Store what a vendor sent, once. ``headers`` by names in small letters.

    Raises ``SignatureError``, and nothing is stored.
    """
    if not receiver.events.verify(headers, body, url=receiver.url, key=receiver.key):
        log.warning("webhook.refused", connector=receiver.name, bytes=len(body))
        raise SignatureError(
            "The signature is missing or wrong; the connector's webhook.signature_key and "
            "webhook.url must be those of the vendor's subscription."
        )
    event, errors = _read(receiver, body)
    subject = Subject.of(event)
    with writing(patience=PATIENCE) as session:
        key = webhooks.receive(
            session, receiver.name, event_id=event.id or sha256(body).hexdigest(),
            kind=event.kind, subject=None if subject is None else str(subject), errors=errors,
            body=crypto.seal(body.decode("utf-8", "backslashreplace")),
        )  # fmt: skip
    if key is None:
        return Received(status="known")
    log.info("webhook.stored", connector=receiver.name, kind=event.kind, row=key)
    return Received(status="stored", to_ring=key if subject is not None else None)


def _read(receiver: Receiver, body: bytes) -> tuple[Event, list[trying.Attempt]]:
    try:
        return receiver.events.read(body), []
    except SkippableError as error:
        # Refused, the vendor would send it for days; a person looks at it instead.
        return Event(id=None, kind=UNREADABLE), [trying.attempt(error, None)]
