"""The bodies of orders, their caller and reason, and the answer "a run is due"."""

from __future__ import annotations

from typing import Literal

from flask import Response, jsonify

from api.web.access import caller
from api.web.body import Body
from api.web.fields import Why
from syncs.acts.by import By
from syncs.views.shapes import Id, Shape

GIVEN = {"why": "the source is closed today"}
"""An order with a reason, as the OpenAPI document has it."""


class Order(Body):
    """An order that may say why."""

    why: Why | None = None


class PlainOrder(Body):
    """An order that says nothing."""


class ReasonedOrder(Body):
    """An order that must say why."""

    why: Why


class Enqueued(Shape):
    """A run is due."""

    status: Literal["enqueued"]
    run_id: Id


def by(order: Order | ReasonedOrder | None = None) -> By:
    """The caller, with the reason that the order gives."""
    return By(caller().who, order.why if order is not None else None)


def enqueued(run_id: int, **more: object) -> tuple[Response, int, dict[str, str]]:
    """202: a run is due; ``Location`` is where to follow it."""
    answer = jsonify({"status": "enqueued", "run_id": run_id, **more})
    return answer, 202, {"Location": f"/api/ops/runs/{run_id}"}
