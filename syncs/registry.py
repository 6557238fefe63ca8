"""Every declared sync, by name and by alias."""

from __future__ import annotations

from core.errors import RefusedError
from syncs.declaration import AnySync
from syncs.sources import template
from syncs.sources.catalogue import CATEGORIES, PRODUCTS

SYNCS: dict[str, AnySync] = {
    sync.name: sync for sync in (CATEGORIES, PRODUCTS, *template.RESOURCES)
}


def find(name: str) -> AnySync:
    """The sync called ``name`` (or one of its aliases); ``RefusedError`` lists those there are."""
    for sync in SYNCS.values():
        if name == sync.name or name in sync.aliases:
            return sync
    raise RefusedError(f"There is no sync {name!r}; there are: {', '.join(SYNCS)}.")
