"""Refused records, as ``syncs.views.shown`` shows them, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.ops.answers.failures import StillRefused
from api.web.shapes import Count, Id, Shape, Text

RejectState = Literal["open", "replayed", "discarded"]


class RejectLine(Shape):
    """A refused record in a list, without what was received."""

    id: Id
    sync: str
    run_id: Id | None
    batch_id: Id | None = Field(description="Of a sale that was refused: what it came in.")
    batch_position: Id | None = Field(description="Its place in the batch, from 1.")
    external_id: Text
    code: str
    field: str
    message: str
    state: RejectState
    reason: Text
    created_at: datetime
    updated_at: datetime


class Reject(RejectLine):
    """A refused record."""

    payload: Any = Field(default=None, description="What was received; operators see it.")


class Settled(Shape):
    """It is closed."""

    id: Id
    state: Literal["replayed", "discarded"]


class ReplayedMany(Shape):
    """What was replayed and what is still refused; ``next`` is the next request's ``after``."""

    matching: Count
    replayed: list[Id]
    refused: list[StillRefused]
    next: Id | None
