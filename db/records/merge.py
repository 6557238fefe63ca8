"""A record that both sides may change, merged field by field: base, ours, theirs.

``base`` is what both last agreed on. Pure: nothing is read, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Values = Mapping[str, Any]


class Owner(StrEnum):
    """Who decides what a field becomes."""

    THEIRS = "theirs"
    """The source: ours takes its value."""
    OURS = "ours"
    """We do: the source's value changes nothing."""
    BOTH = "both"
    """Whoever changed it since both agreed; when both did, it is a conflict."""
    SUM = "sum"
    """Nobody alone: it is a count, and what each side added since counts."""


@dataclass(frozen=True)
class Conflict:
    """A field that both sides changed since they agreed, each to another value."""

    field: str
    base: object
    ours: object
    theirs: object


@dataclass(frozen=True)
class Merged:
    """``values`` of all fields after the merge; ``pushed`` are those that the other side does not
    have yet; of each conflict one side has won.
    """

    values: dict[str, Any]
    pushed: dict[str, Any] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def merge(
    base: Values,
    ours: Values,
    theirs: Values,
    owners: Mapping[str, Owner],
    *,
    wins: Owner = Owner.THEIRS,
) -> Merged:
    """Each field of ``owners`` as its owner has it. Of a conflict the side that ``wins`` is taken.

    A field that ``base`` lacks was never agreed on: both sides count as having changed it.
    """
    merged = Merged(values={})
    conflicts: list[Conflict] = []
    for name, owner in owners.items():
        one, other = ours[name], theirs[name]
        if owner is Owner.SUM:
            merged.values[name] = one + other - base[name]
            continue
        side, conflict = _side(name, base, one, other, wins) if owner is Owner.BOTH else (owner, [])
        conflicts += conflict
        merged.values[name] = one if side is Owner.OURS else other
        if owner is Owner.BOTH and merged.values[name] != other:
            merged.pushed[name] = one
    return Merged(merged.values, merged.pushed, tuple(conflicts))


def _side(
    name: str, base: Values, ours: object, theirs: object, wins: Owner
) -> tuple[Owner, list[Conflict]]:
    """Who changed the field, and the conflict when both did."""
    known = name in base
    moved_ours, moved_theirs = (not known or each != base[name] for each in (ours, theirs))
    if moved_ours and moved_theirs and ours != theirs:
        return wins, [Conflict(name, base.get(name), ours, theirs)]
    return (Owner.THEIRS if moved_theirs else Owner.OURS), []
