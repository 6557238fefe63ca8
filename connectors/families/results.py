"""What came of a write to a vendor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["created", "updated", "unchanged", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one item of a write, in the order in which they were given.

    ``key`` is the item's own (its external id, SKU or name). ``error`` says why it ``failed``.
    """

    key: str
    outcome: Outcome
    external_id: str | None = None
    error: str | None = None
