"""What the catalogue's addresses answer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from api.openapi.shape import Id, Missing, Shape, Text
from api.ops.answers.runs import Count
from syncs.status import State


class Tied(Shape):
    """What every synced record has; ``details`` are the fields of the source we do not map."""

    id: Id
    external_id: str
    sync_status: str
    last_synced_at: datetime | None
    details: dict[str, Any] | None


class SyncedProduct(Tied):
    """A product on sale; the price in the shop's currency."""

    title: str
    price: Decimal
    stock: int
    sku: Text
    category_id: Id | None


class SyncedCategory(Tied):
    """A category; ``parent_id`` is null at the root."""

    name: str
    parent_id: Id | None


class Synced(Shape):
    """A page of the catalogue, and how old it is."""

    results: list[SyncedProduct] | list[SyncedCategory]
    next: Text = Field(description="The path of the next page; null on the last one.")
    state: State
    last_success_at: datetime | None


class Kind(Shape):
    """Products or categories; ``age`` in seconds, ``errors`` records that wait for a person."""

    count: Count
    state: State
    last_success_at: datetime | None
    age: float | None
    errors: Count


class Progress(Shape):
    """The newest run, with its counts so far."""

    status: str
    started_at: datetime | None
    finished_at: datetime | None
    counts: dict[str, Count]
    expected: Count | None = Field(description="How many records the source says there are.")
    error: str | Missing = Field(default=None, description="For operators.")


class WrongRecord(Shape):
    """A refused record, for operators."""

    sync: str
    external_id: Text
    field: str
    code: str
    message: str


class OneSync(Shape):
    """How a sync is doing; ``age`` in seconds."""

    sync: str
    state: State
    last_success_at: datetime | None
    age: float | None
    next_allowed_at: datetime | None
    failing_since: datetime | None
    run: Progress | None


class Status(Shape):
    """The whole: counts and ages for everybody, ``errors`` for operators."""

    products: Kind
    categories: Kind
    syncs: list[OneSync]
    errors: list[WrongRecord] | Missing = Field(default=None, description="For operators.")
