"""What most orders share: their bodies, the row they name, and the answer "a run is due"."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Response, jsonify
from sqlalchemy.orm import Session

from api.web.body import Body
from api.web.fields import Why
from api.web.problems import not_found
from db.models.base import Base

Row = TypeVar("Row", bound=Base)


GIVEN = {"why": "the source is closed today"}
"""An order that says why, as the document shows it."""


class Order(Body):
    """An order that may say why."""

    why: Why | None = None


class PlainOrder(Body):
    """An order that says nothing."""


class ReasonedOrder(Body):
    """An order that must say why."""

    why: Why


def found(session: Session, model: type[Row], ident: int, *, what: str) -> Row:
    """The row with this id; a 404 when there is none."""
    row = session.get(model, ident)
    if row is None:
        raise not_found(f"There is no {what} {ident}.")
    return row


def enqueued(run_id: int, **more: Any) -> tuple[Response, int, dict[str, str]]:
    """202: a run is due; ``Location`` is where to follow it."""
    answer = jsonify({"status": "enqueued", "run_id": run_id, **more})
    return answer, 202, {"Location": f"/api/ops/runs/{run_id}"}
