"""A message as it lies in a queue, read whole before anything acts on it.

The wire is Celery's protocol 2 in kombu's envelope for Redis: JSON, with a base64 body of
``[args, kwargs, embed]``. Whatever is not exactly that is nobody's: Celery takes a message apart
while it works, and what it did not expect ends the worker.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.broker import QUEUES
from core.document import Json
from core.errors import MoulinError
from core.wire import Broadcast, BroadcastEnvelope, Embed, Envelope, Unacked

LARGEST = 65_536
"""Bytes. Ours hold an id and are below two thousand."""

SIZE = "MESSAGE_SIZE"
JSON = "MESSAGE_JSON"
SHAPE = "MESSAGE_SHAPE"
TASK = "MESSAGE_TASK"
ARGUMENTS = "MESSAGE_ARGUMENTS"
PLACE = "MESSAGE_PLACE"

_HEADERS = [
    re.compile(rb'"(%b)"\s{0,9}:\s{0,9}"([A-Za-z0-9_./+:-]{1,64})"' % name)
    for name in (b"task", b"id", b"lang", b"content-type")
]
"""What says whose a message may be, the best first. Other headers may quote what it is about."""

M = TypeVar("M", bound=BaseModel)


class UnreadError(MoulinError):
    """A message that is none of ours; nothing of its content is in the error."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"A message that could not be read: {why}.", code=code)


@dataclass(frozen=True)
class Message:
    """What a message asks for: ``task`` with its arguments, from the queue it was sent to."""

    queue: str
    task: str
    ident: str
    args: Sequence[object]
    kwargs: Json


def read(raw: bytes) -> Message:
    """The message; ``UnreadError`` says what is wrong with it and where."""
    return _message(_parse(raw))


def read_unacked(raw: bytes) -> Message:
    """The message that a worker took and did not acknowledge, as Redis keeps it:
    ``[message, exchange, routing key]``. ``UnreadError`` as above.
    """
    value, _, queue = _checked(Unacked, {"entry": _parse(raw)}).entry
    message = _message(value)
    if queue != message.queue or queue not in QUEUES:
        raise UnreadError(SHAPE, "it is of no queue of ours")
    return message


def check_broadcast(raw: bytes) -> None:
    """``UnreadError`` unless it is a command for all workers, as ``celery control`` sends them."""
    envelope = _checked(BroadcastEnvelope, _parse(raw))
    _checked(Broadcast, _body(envelope.body))


def outline(raw: bytes) -> Json:
    """What can be said of a message without its content: ``size`` in bytes, ``sha256``, and
    ``header``, the first one that is legible, as in ``task: sales.process``.
    """
    return {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest(), "header": _header(raw)}


def _message(value: object) -> Message:
    envelope = _checked(Envelope, value)
    match _body(envelope.body):
        case [list() as args, dict() as kwargs, embed]:
            pass
        case _:
            raise UnreadError(SHAPE, "its body is not [args, kwargs, embed]")
    _checked(Embed, embed, place="embed")
    queue = envelope.properties.delivery_info.routing_key
    return Message(queue, envelope.headers.task, envelope.headers.id, args, kwargs)


def _body(encoded: str) -> object:
    try:
        decoded = b64decode(encoded, validate=True)
    except ValueError:
        raise UnreadError(SHAPE, "its body is not base64") from None
    return _parse(decoded, what="its body is")


def _parse(raw: bytes, *, what: str = "it is") -> object:
    if len(raw) > LARGEST:
        raise UnreadError(SIZE, f"{what} larger than {LARGEST} bytes")
    try:
        # Not from bytes: json would try UTF-16 and UTF-32 as well.
        return json.loads(raw.decode(), parse_constant=_refuse, object_hook=_plain)
    except (ValueError, RecursionError):
        raise UnreadError(JSON, f"{what} no JSON") from None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _plain(value: Json) -> Json:
    # kombu makes a date, a number or bytes of it, and falls over one that is none.
    if "__type__" in value:
        raise ValueError("__type__")
    return value


def _checked(shape: type[M], value: object, *, place: str = "") -> M:
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # Two steps lead to a field of ours; what is below them may be somebody's own word.
    path = ".".join(str(step) for step in (place, *first["loc"][:2]) if step != "")
    raise UnreadError(SHAPE, f"{path or 'it'} has the wrong shape ({first['type']})")


def _header(raw: bytes) -> str | None:
    # Not parsed: of a message that was cut off they are legible too.
    for header in _HEADERS:
        if legible := header.search(raw, 0, LARGEST):
            return f"{legible[1].decode()}: {legible[2].decode()}"
    return None
