"""What the art site's doors answer: the words of its guide."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.web.shapes import Id, Shape
from syncs.health import Kind

Tables = dict[str, int]


class TemplateRun(Shape):
    """What the gate said for one table; ``run_id`` is the run that is due or on its way."""

    sync: str
    status: Literal["enqueued", "running", "paused", "waiting", "fresh", "not_configured"]
    run_id: Id | None


class SyncStarted(Shape):
    """Runs are due."""

    success: Literal[True]
    message: Literal["Synchronization started"]
    runs: list[TemplateRun]


class Synchronized(Shape):
    """Every table is in."""

    success: Literal[True]
    message: Literal["Synchronization completed"]
    data: Tables = Field(description="Records the site has, by table.")
    partial: list[str] = Field(
        default_factory=list, description="Tables of which records were refused or wait."
    )


class SomethingFailed(Shape):
    """A table is not in; the others are."""

    success: Literal[False]
    error: str
    data: Tables = Field(description="Records the site has, by table that is in.")


class TemplateHealth(Shape):
    """How the art site's export is at this moment."""

    success: Literal[True]
    healthy: bool
    kind: Kind
    base_url: str
