"""Categories: written page by page, tied to their parents in a second pass."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from core import details
from db import bulk
from db.models import Category, ExternalCategory
from db.records import links
from db.records.plan import Change, Known, Plan, Sight, Target, plan_page

VERSION = 1
"""Grows when what is written changes meaning, so that every category is written once more."""

MOST_NAMED = 10
"""Categories of a circle that its warning names."""

CATEGORY = ("id", "name", "slug", "created_at", "updated_at")
LINK = (
    "external_id",
    "source",
    "category_id",
    "parent_external_id",
    "details",
    "payload_hash",
    "sync_status",
    "last_synced_at",
    "seen_run",
)

_RESOLVE = (
    "SELECT external_id, category_id FROM external_categories WHERE source = ? "
    "AND external_id IN ?*"
)


@dataclass(slots=True)
class CategoryRow:
    """A category as columns; ``details`` is the JSON text of what we do not map."""

    external_id: str
    name: str
    parent: str | None
    details: str
    hash: str = ""


def slug(name: str, external_id: str) -> str:
    """``Épices & sels``, 12 → ``epices-sels-12``; the id keeps two of one name apart."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    # One character may become twenty; the column holds 600, an id has 64 at most.
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:500].strip("-")
    return f"{words}-{external_id}" if words else external_id


def compare(
    session: Session, rows: Sequence[CategoryRow], known: Mapping[str, Known], sight: Sight
) -> Plan[CategoryRow]:
    """What writing ``rows`` would do; nothing is written."""
    return plan_page(rows, known, sight, lambda changes: _written(session, changes))


def apply(session: Session, plan: Plan[CategoryRow], sight: Sight) -> None:
    """Carry out a plan: whole tables at a time."""
    at = bulk.Codec(session).moment(sight.now)
    ids = bulk.reserve_ids(session, Category, len(plan.created)) if plan.created else []
    created = list(zip(ids, plan.created, strict=True))
    _insert(session, [(ident, row.name, row.external_id) for ident, row in created], sight)
    tie = [
        (
            row.external_id,
            sight.source,
            ident,
            row.parent,
            row.details,
            row.hash,
            "synced",
            at,
            sight.run_id,
        )
        for ident, row in created
    ]
    bulk.insert(session, ExternalCategory, LINK, tie)
    _update(session, plan, sight)
    links.note_hashes(session, ExternalCategory, plan.resent)
    if plan.unchanged:
        links.touch(session, ExternalCategory, [link.id for link in plan.unchanged], sight)


def resolve(session: Session, keys: Collection[str], source: str) -> dict[str, int]:
    """Our category ids by the source's, those that are known."""
    rows = bulk.select_among(session, _RESOLVE, (source,), keys)
    return {row[0]: row[1] for row in rows}


def add_placeholders(session: Session, keys: Sequence[str], sight: Sight) -> dict[str, int]:
    """Categories that products name and the category run has not brought yet."""
    ids = list(bulk.reserve_ids(session, Category, len(keys)))
    rows = list(zip(ids, keys, strict=True))
    _insert(session, [(ident, f"Catégorie {key}", key) for ident, key in rows], sight)
    tie = [(key, sight.source, ident, "placeholder") for ident, key in rows]
    columns = ("external_id", "source", "category_id", "sync_status")
    bulk.insert(session, ExternalCategory, columns, tie)
    return dict(zip(keys, ids, strict=True))


def link_parents(session: Session, sight: Sight) -> list[str]:
    """Second pass: tie every category to its parent, in one UPDATE; warnings for what cannot be.

    A missing parent puts its child at the root; a cycle is opened at its lowest category.
    """
    rows = session.execute(
        select(
            ExternalCategory.external_id,
            ExternalCategory.category_id,
            ExternalCategory.parent_external_id,
            Category.parent_id,
        )
        .join(Category, Category.id == ExternalCategory.category_id)
        .where(ExternalCategory.source == sight.source, ExternalCategory.gone_at.is_(None))
        .order_by(ExternalCategory.category_id)
    ).all()
    ours = {key: ident for key, ident, _, _ in rows}
    names = {ident: key for key, ident in ours.items()}
    warnings = [
        f"category {key}: its parent {parent} is not in the catalogue; put at the root"
        for key, _, parent, _ in rows
        if parent is not None and parent not in ours
    ]
    parents = {ident: ours.get(parent) if parent else None for _, ident, parent, _ in rows}
    for cycle in open_cycles(parents):
        path = " → ".join(names[ident] for ident in cycle[:MOST_NAMED])
        more = f" and {len(cycle) - MOST_NAMED} more" if len(cycle) > MOST_NAMED else ""
        warnings.append(
            f"categories {path}{more} are each other's parents; {names[cycle[0]]} put at the root"
        )
    moved = [
        {"ident": ident, "parent_id": parents[ident], "updated_at": sight.now}
        for _, ident, _, current in rows
        if parents[ident] != current
    ]
    if moved:
        table = Category.__table__
        session.connection().execute(
            update(Category)
            .where(table.c.id == bindparam("ident"))
            .values(parent_id=bindparam("parent_id"), updated_at=bindparam("updated_at")),
            moved,
        )
    return warnings


def open_cycles(parents: dict[int, int | None]) -> list[list[int]]:
    """Break every cycle of ``parents`` in place, at its lowest member; the cycles, that first.

    A loop and no recursion: a chain may be ten thousand deep.
    """
    cycles: list[list[int]] = []
    safe: set[int] = set()
    for start in sorted(parents):
        path: dict[int, None] = {}
        here: int | None = start
        while here is not None and here not in safe and here not in path:
            path[here] = None
            here = parents.get(here)
        if here is not None and here in path:
            steps = list(path)
            cycle = steps[steps.index(here) :]
            lowest = cycle.index(min(cycle))
            cycle = cycle[lowest:] + cycle[:lowest]
            parents[cycle[0]] = None
            cycles.append(cycle)
        safe.update(path)
    return cycles


def _written(session: Session, changes: Sequence[Change[CategoryRow]]) -> set[str]:
    """The keys of those whose values are what the source said last time."""
    ties = ExternalCategory
    query = select(ties.external_id, Category.name, ties.parent_external_id, ties.details).join(
        Category, Category.id == ties.category_id
    )
    # As text: to Python 1, 1.0 and True are one.
    last = {
        key: (name, parent, details.encode(extra))
        for part in bulk.parts([change.link.id for change in changes])
        for key, name, parent, extra in session.execute(query.where(ties.id.in_(part)))
    }
    return {
        row.external_id
        for row, _, _ in changes
        if last[row.external_id] == (row.name, row.parent, row.details)
    }


def _insert(session: Session, rows: list[tuple[int, str, str]], sight: Sight) -> None:
    at = bulk.Codec(session).moment(sight.now)
    values = [(ident, name, slug(name, key), at, at) for ident, name, key in rows]
    bulk.insert(session, Category, CATEGORY, values)


def _update(session: Session, plan: Plan[CategoryRow], sight: Sight) -> None:
    if not plan.updated:
        return
    categories: list[dict[str, Any]] = []
    ties: list[dict[str, Any]] = []
    for change in plan.updated:
        row = change.row
        categories.append(
            {
                "id": change.link.target_id,
                "name": row.name,
                "slug": slug(row.name, row.external_id),
                "updated_at": sight.now,
            }
        )
        ties.append(
            {
                "id": change.link.id,
                "parent_external_id": row.parent,
                "details": json.loads(row.details),
                "payload_hash": row.hash,
                "sync_status": "synced",
                "last_synced_at": sight.now,
                "seen_run": sight.run_id,
                "gone_at": None,
                "error": None,
            }
        )
    session.execute(update(Category), categories)
    session.execute(update(ExternalCategory), ties)


TARGET: Target[CategoryRow] = Target(
    link=ExternalCategory,
    version=VERSION,
    compare=compare,
    preview=compare,
    apply=apply,
    settle=link_parents,
)
