"""Every declared sync and its source, by name: what the modules of ``syncs.sources`` declare.

Syncs are in the order of their modules' names, and within one as its ``SYNCS`` lists them.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from core.errors import RefusedError
from syncs import sources
from syncs.declaration import AnySync
from syncs.source import AnySource


def _declared() -> Iterator[AnySync]:
    for module in pkgutil.iter_modules(sources.__path__, f"{sources.__name__}."):
        # A module without ``SYNCS`` holds what others share.
        yield from getattr(import_module(module.name), "SYNCS", ())


SYNCS: dict[str, AnySync] = {sync.name: sync for sync in _declared()}
SOURCES: dict[str, AnySource] = {sync.source.name: sync.source for sync in SYNCS.values()}


def find(name: str) -> AnySync:
    """The sync called ``name`` (or one of its aliases); ``RefusedError`` lists those there are."""
    for sync in SYNCS.values():
        if name == sync.name or name in sync.aliases:
            return sync
    raise RefusedError(f"There is no sync {name!r}; there are: {', '.join(SYNCS)}.")


def find_source(name: str) -> AnySource:
    """The source called ``name``; ``RefusedError`` lists those there are."""
    if name not in SOURCES:
        raise RefusedError(f"There is no source {name!r}; there are: {', '.join(SOURCES)}.")
    return SOURCES[name]
