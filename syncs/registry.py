"""Every sync and its source, by name: what the modules of ``syncs.sources`` declare, then what the
files of the connectors come to.

Syncs are in the order of their modules' names, and within one as its ``SYNCS`` lists them.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TypeVar

from core.errors import RefusedError
from core.settings import settings
from syncs import configured, sources
from syncs.configured import Connectors
from syncs.declaration import AnySync
from syncs.source import AnySource

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """What is ``declared``, by name, then what is ``configured``: that is read when it is asked
    for, and not by an import.
    """

    def __init__(
        self, declared: dict[str, T], configured: Callable[[Connectors], Mapping[str, T]]
    ) -> None:
        self.declared = declared
        self._configured = configured

    def __getitem__(self, name: str) -> T:
        if name in self.declared:
            return self.declared[name]
        return self._configured(connectors())[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.declared
        yield from self._configured(connectors())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _declared() -> Iterator[AnySync]:
    for module in pkgutil.iter_modules(sources.__path__, f"{sources.__name__}."):
        # A module without ``SYNCS`` holds what others share.
        yield from getattr(import_module(module.name), "SYNCS", ())


def connectors() -> Connectors:
    """The connectors in ``CONNECTORS_DIR``, as they were when this process first asked."""
    return configured.read(settings().connectors_dir, frozenset(SOURCES.declared))


SYNCS: Registry[AnySync] = Registry(
    {sync.name: sync for sync in _declared()}, lambda found: found.syncs
)
SOURCES: Registry[AnySource] = Registry(
    {sync.source.name: sync.source for sync in SYNCS.declared.values()},
    lambda found: found.sources,
)


def require_valid(sync: str) -> None:
    """Raises ``ConfigurationError`` when a sync of this name would be that of a connector that is
    invalid, or may be in a file that nobody can read.
    """
    name, dot, _ = sync.partition(".")
    if dot and name not in SOURCES.declared:
        connectors().require_valid(name)


def find(name: str) -> AnySync:
    """The sync called ``name`` (or one of its aliases); ``RefusedError`` lists those there are.

    Raises as ``require_valid``.
    """
    for sync in SYNCS.values():
        if name == sync.name or name in sync.aliases:
            return sync
    require_valid(name)
    raise RefusedError(f"There is no sync {name!r}; there are: {', '.join(SYNCS)}.")


def find_source(name: str) -> AnySource:
    """The source called ``name``; ``RefusedError`` lists those there are.

    Raises ``ConfigurationError`` for a connector that is wrong.
    """
    if name not in SOURCES:
        connectors().require_valid(name)
        raise RefusedError(f"There is no source {name!r}; there are: {', '.join(SOURCES)}.")
    return SOURCES[name]
