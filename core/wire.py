"""The fields of a message that Celery and kombu read, with the types that they can bear.

A field that is not here may be there: another version of Celery has more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core.document import Json

Name = Annotated[str, Field(pattern=r"\A[A-Za-z0-9_.:@-]{1,64}\z")]
"""A task's name or an id: it goes into columns and logs as it is."""
Text = Annotated[str, Field(max_length=4096)]
Number = Annotated[int, Field(ge=0, lt=2**31)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Nothing = Annotated[list[object], Field(max_length=0)] | None
"""We chain no tasks."""


YEARS = range(2000, 3000)
"""Beyond, a time zone may lead to a year that there is not."""


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).year not in YEARS:
        raise ValueError("out of range")
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class Wire(BaseModel):
    """Read as it is: no text becomes a number."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class Headers(Wire):
    """What a worker decides by before the task runs."""

    task: Name
    id: Name
    root_id: Name | None = None
    parent_id: Name | None = None
    group: Name | None = None
    shadow: Name | None = None
    origin: Text | None = None
    argsrepr: Text | None = None
    kwargsrepr: Text | None = None
    eta: Moment | None = None
    expires: Moment | None = None
    retries: Number | None = None
    timelimit: Annotated[list[Seconds | None], Field(min_length=2, max_length=2)] | None = None
    ignore_result: bool | None = None
    replaced_task_nesting: Number | None = None
    stamped_headers: Nothing = None
    stamps: Annotated[Json, Field(max_length=0)] | None = None
    compression: None = None
    # Headers become the attributes of what a task calls its request, over its methods too.
    get: None = None
    update: None = None


class DeliveryInfo(Wire):
    """Where it goes back to when nobody acknowledges it."""

    exchange: Text
    routing_key: Text


class Properties(Wire):
    """What the transport decides by."""

    delivery_tag: Name
    delivery_info: DeliveryInfo
    body_encoding: Literal["base64"]
    priority: Number | None = None
    correlation_id: Text | None = None
    reply_to: Text | None = None


class Parcel(Wire):
    """The envelope of every message."""

    body: str
    content_type: Literal["application/json"] = Field(alias="content-type")
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    properties: Properties


class Envelope(Parcel):
    """A task's."""

    headers: Headers


class Embed(Wire):
    """What a task would be followed by."""

    callbacks: Nothing = None
    errbacks: Nothing = None
    chain: Nothing = None
    chord: Nothing = None


class Unacked(Wire):
    """``[message, exchange, routing key]``."""

    entry: Annotated[list[object], Field(min_length=3, max_length=3)]


class BroadcastHeaders(Wire):
    """The clock of whoever sent it, and when it is too late, in seconds since 1970."""

    clock: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    expires: float | None = None


class BroadcastEnvelope(Parcel):
    """A command's."""

    headers: BroadcastHeaders


class ReplyTo(Wire):
    """Where the answer goes."""

    exchange: Text
    routing_key: Text


class Broadcast(Wire):
    """A command for all workers, or for those of ``destination``."""

    method: Name
    arguments: Json | None = None
    destination: list[str] | None = None
    pattern: Text | None = None
    matcher: Text | None = None
    ticket: Name | None = None
    reply_to: ReplyTo | None = None
