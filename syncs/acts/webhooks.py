"""An event of a webhook, processed once more."""

from __future__ import annotations

from typing import Literal

from core import crypto
from core.errors import RefusedError, SkippableError
from db.session import writing
from db.work import webhooks
from syncs.acts.by import By
from syncs.views.shapes import Id, Shape
from syncs.webhooks import receivers
from syncs.webhooks.subjects import Subject


class Replayed(Shape):
    """The event is due again."""

    id: Id
    state: Literal["due"]


def replay(event_id: int, *, by: By) -> Replayed:
    """Make an event due once more, whatever came of it, from what the vendor sent.

    It is read anew: what nobody could read then, or was of no interest, may be by now. Raises
    ``RefusedError`` when it is not, or when the event waits already; ``NotFoundError`` when there
    is none, or its connector expects no webhooks any more.
    """
    with writing() as session:
        event = webhooks.find(session, event_id)
        try:
            read = receivers.find(event.connector).events.read(crypto.unseal(event.body).encode())
        except SkippableError as error:
            raise RefusedError(f"Event {event_id} cannot be read: {error}.") from error
        subject = Subject.of(read)
        if subject is None:
            raise RefusedError(f"Event {event_id} ({read.kind}) concerns nothing that is synced.")
        if not webhooks.reopen(session, event_id, kind=read.kind, subject=str(subject)):
            raise RefusedError(f"Event {event_id} is not over yet; nothing to replay.")
        by.note(session, "event.replay", f"event {event_id}")
    return Replayed(id=event_id, state="due")
