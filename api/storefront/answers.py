"""What the catalogue's addresses answer."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.web.shapes import Listing, Missing
from syncs.views.outbox import OpenCommands
from syncs.views.shapes import Amount, Count, Id, RunStatus, Shape, Text
from syncs.views.shops import Unsold
from syncs.views.status import State


class Tied(Shape):
    """What every synced record has."""

    id: Id = Field(description="Ours; the tills' `article_id`.")
    external_id: str = Field(description="The source's.")
    sync_status: str
    last_synced_at: datetime | None
    details: dict[str, object] | None = Field(
        description="The source's fields that have no column here, as received."
    )


class SyncedProduct(Tied):
    """A product on sale."""

    title: str
    price: Amount
    stock: int
    sku: Text
    category_id: Id | None


class SyncedCategory(Tied):
    """A category; a ``placeholder`` was named by a product before the categories were read."""

    name: str
    parent_id: Id | None = Field(description="Null at the root.")


class Aged(Shape):
    """How old a page of the catalogue is."""

    state: State
    last_success_at: datetime | None = Field(description="When the last complete run began.")


class SyncedProducts(Aged, Listing[SyncedProduct]):
    """A page of products, and how old they are."""


class SyncedCategories(Aged, Listing[SyncedCategory]):
    """A page of categories, and how old they are."""


class Kind(Shape):
    """Products or categories."""

    count: Count
    state: State
    last_success_at: datetime | None
    age: float | None = Field(description="Seconds since then.")
    errors: Count = Field(description="Refused records that wait for a person.")


class Progress(Shape):
    """The newest run, with its counts so far."""

    status: RunStatus
    started_at: datetime | None
    finished_at: datetime | None
    counts: dict[str, Count]
    expected: Count | None = Field(description="How many records the source says there are.")


class WrongRecord(Shape):
    """A refused record; `sync` is `sales` of a sale that a till sent."""

    id: Id = Field(description="Its reject's.")
    sync: str
    external_id: Text
    field: Text
    code: str
    message: str


class OneSync(Shape):
    """How a sync is doing."""

    sync: str
    state: State
    last_success_at: datetime | None
    age: float | None = Field(description="Seconds since then.")
    next_run_at: datetime | None = Field(description="By its schedule; null: it has none.")
    next_allowed_at: datetime | None = Field(
        description="Not before, unless forced: we back off, or its source asked for it."
    )
    failing_since: datetime | None = Field(
        description="Since when runs fail, or the tries of the run that is due again."
    )
    run: Progress | None
    advice: Text | Missing = Field(default=None, description="What to do; for operators.")
    error: Text | Missing = Field(
        default=None, description="Of the newest run, or of its last try; for operators."
    )
    approve: Id | Missing | None = Field(
        default=None, description="The run whose deletions wait for a person; for operators."
    )


class UnsoldArticles(Unsold):
    """Articles on sale that no till can sell, and what to do about it."""

    advice: str


class Status(Shape):
    """The whole; ``without_till`` counts the articles on sale that no till can sell."""

    products: Kind
    categories: Kind
    without_till: Count
    syncs: list[OneSync]
    refused_sales: Count | Missing = Field(
        default=None, description="Sales that wait for a person; for operators."
    )
    commands: OpenCommands | Missing = Field(
        default=None, description="Commands to vendors that have not ended; for operators."
    )
    unsold: list[UnsoldArticles] | Missing = Field(
        default=None, description="Why no till can sell them, by shop; for operators."
    )
    errors: list[WrongRecord] | Missing = Field(default=None, description="For operators.")
