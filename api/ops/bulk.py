"""Acts on all rows that match a filter: the bodies of such requests, and their answer."""

from __future__ import annotations

from typing import Literal, Self

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import ConfigDict, model_validator

from api.bell import BELL
from api.ops.commands import Order, by
from api.web.body import Body
from api.web.describe import Answer, refuses
from api.web.fields import Name, Why
from api.web.problems import FieldError, Problem
from core.document import Json
from syncs.acts.bulk import asking
from syncs.acts.bulk.asking import ReasonMissing
from syncs.acts.canaries import CanaryRunning
from syncs.due import kinds
from syncs.views.acts import ActKind, BulkAct
from syncs.views.shapes import Count, Shape


def _names_rows(schema: Json) -> None:
    """The same for the document: a field that is left out has no value, not even null."""
    for field in schema["properties"].values():
        del field["default"]
    everything = {"required": ["all"], "maxProperties": 1}
    schema |= {"minProperties": 1, "oneOf": [everything, {"not": {"required": ["all"]}}]}


class Filter(Body):
    """Which open rows; ``all``: every one of them."""

    model_config = ConfigDict(json_schema_extra=_names_rows)

    all: Literal[True] = True

    @model_validator(mode="after")
    def _require_rows(self) -> Self:
        names = ", ".join(name for name in type(self).model_fields if name != "all")
        if not self.model_fields_set:
            raise ValueError(f"must name what to match ({names}), or say all: true")
        if "all" in self.model_fields_set and len(self.model_fields_set) > 1:
            raise ValueError(f"all: true is every open one; leave it out to match by {names}")
        return self

    @property
    def which(self) -> dict[str, str]:
        """The fields that rows must have; none: every open row."""
        return self.model_dump(exclude_unset=True, exclude={"all"})


class FailureFilter(Filter):
    """Which open failures; ``all``: every one of them."""

    task: Name = ""
    fingerprint: Name = ""


class RejectFilter(Filter):
    """Which open rejects; ``all``: every one of them."""

    sync: Name = ""
    code: Name = ""


class BulkOrder(Order):
    """Act on what a filter matches, or only count it; more than one row wants a reason."""

    dry_run: bool = False


class ReasonedBulkOrder(BulkOrder):
    """The same where a single row wants a reason too."""

    why: Why


class Matching(Shape):
    """How many rows a dry run would have been about."""

    dry_run: Literal[True]
    matching: Count


COUNTED = Answer(kind=Matching, when="`dry_run`: nothing was done")
ACCEPTED = Answer(
    status=202, kind=BulkAct, headers=("Location",), when="a worker carries it out, in slices"
)
CANARY_IN_THE_WAY = refuses(
    409, "CANARY_RUNNING", "CANARY_FAILED", maybe=("Retry-After",),
    when="the last canary of a cause that matches has not ended, or failed",
)  # fmt: skip


def start(
    kind: ActKind, which: Filter, order: BulkOrder, *, canary: int | None = None
) -> ResponseReturnValue:
    """202 with the act, which is rung for; 200 with a count for a dry run.

    ``Problem`` 422 without a reason for more than one row, 409 when a canary is in the way.
    """
    if order.dry_run:
        counted = Matching(dry_run=True, matching=asking.count(kind, which.which))
        return counted.dump()
    try:
        act = asking.ask(kind, which.which, by=by(order), canary=canary)
    except ReasonMissing as error:
        detail = "Some fields are wrong; nothing was done."
        raise Problem(
            422, "INVALID_FIELDS", detail, errors=[FieldError("why", str(error))]
        ) from None
    except CanaryRunning as error:
        wait = {"Retry-After": str(error.retry_after)}
        raise Problem(409, error.code, str(error), headers=wait) from error
    BELL.ring(kinds.ACTS.task, act.id)
    return accepted(act)


def accepted(act: BulkAct) -> tuple[Response, int, dict[str, str]]:
    """202: ``Location`` is where to follow the act."""
    return jsonify(act.dump()), 202, {"Location": f"/api/ops/acts/{act.id}"}
