"""Categories: written page by page, tied to their parents in a second pass."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from db import bulk, columns
from db.catalogue.context import CatalogueContext, of_catalogue
from db.models import Category, ExternalCategory, ExternalProduct
from db.records.kind import Kind, Ours
from db.records.merge import Values
from db.records.plan import Context, Row, Written
from db.session import NO_SYNC

MOST_NAMED = 10
"""Categories of a circle that its warning names."""

NONE = "0"
"""So many sources write "no category" and "no parent". It is one only where the source has a
category of this id.
"""

_RESOLVE = (
    "SELECT external_id, category_id FROM external_categories WHERE source = ? "
    "AND external_id IN ?*"
)


def slug(name: str, external_id: str) -> str:
    """``Épices & sels``, 12 → ``epices-sels-12``; the id keeps two of one name apart."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    # One character may become twenty; the column holds 600, an id has 64 at most.
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:500].strip("-")
    return f"{words}-{external_id}" if words else external_id


def resolve(session: Session, keys: Collection[str], source: str) -> dict[str, int]:
    """Our category ids by the source's, those that are known."""
    rows = bulk.select_among(session, _RESOLVE, (source,), keys)
    return {row[0]: row[1] for row in rows}


def add_placeholders(session: Session, keys: Sequence[str], context: Context) -> dict[str, int]:
    """Categories that products name and the category run has not brought yet."""
    ids = bulk.reserve_ids(session, Category, len(keys))
    names = [f"Catégorie {key}" for key in keys]
    slugs = list(map(slug, names, keys))
    at = {"created_at": context.now, "updated_at": context.now}
    columns.insert(session, Category, {"id": ids, "name": names, "slug": slugs}, at)
    columns.insert(
        session,
        ExternalCategory,
        {"external_id": keys, "category_id": ids},
        {"source": context.source, "sync_status": "placeholder"},
    )
    return dict(zip(keys, ids, strict=True))


def link_parents(session: Session, context: Context) -> list[str]:
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
        .where(ExternalCategory.source == context.source, ExternalCategory.gone_at.is_(None))
        .order_by(ExternalCategory.category_id)
    ).all()
    ours = {key: ident for key, ident, _, _ in rows}
    names = {ident: key for key, ident in ours.items()}
    warnings = [
        f"category {key}: its parent {parent} is not in the catalogue; put at the root"
        for key, _, parent, _ in rows
        if parent is not None and parent != NONE and parent not in ours
    ]
    parents = {ident: ours.get(parent) if parent else None for _, ident, parent, _ in rows}
    for cycle in open_cycles(parents):
        path = " → ".join(names[ident] for ident in cycle[:MOST_NAMED])
        more = f" and {len(cycle) - MOST_NAMED} more" if len(cycle) > MOST_NAMED else ""
        warnings.append(
            f"categories {path}{more} are each other's parents; {names[cycle[0]]} put at the root"
        )
    moved = [
        {"ident": ident, "parent_id": parents[ident], "updated_at": context.now}
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
        node: int | None = start
        while node is not None and node not in safe and node not in path:
            path[node] = None
            node = parents.get(node)
        if node is not None and node in path:
            steps = list(path)
            cycle = steps[steps.index(node) :]
            lowest = cycle.index(min(cycle))
            cycle = cycle[lowest:] + cycle[:lowest]
            parents[cycle[0]] = None
            cycles.append(cycle)
        safe.update(path)
    return cycles


def place_again(session: Session, written: Written, context: Context) -> None:
    """When the source has a category ``NONE`` after all, its products are read once more."""
    if any(row.external_id == NONE for _, row in written.created):
        session.execute(
            update(ExternalProduct)
            .where(
                ExternalProduct.source == context.source,
                ExternalProduct.upstream_category == NONE,
            )
            .values(payload_hash=None),
            execution_options=NO_SYNC,
        )


def renamed(ours: Values, row: Row, _: Context) -> bool:
    """Whether the category has another name now."""
    return bool(ours["name"] != row.values["name"])


CATEGORIES: Kind[CatalogueContext] = Kind(
    link=ExternalCategory,
    version=2,
    columns=("parent", "details"),
    names={"parent": "parent_external_id"},
    rest="details",
    ours=Ours(model=Category, key="category_id", columns=("name", "slug"), differs=renamed),
    context=of_catalogue,
    effects=place_again,
    settle=link_parents,
)
