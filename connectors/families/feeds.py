"""What a vendor has for a sync: its records page by page as they came, and how one is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from connectors.connector import Connector
from connectors.families.periods import Moment
from connectors.page import Page
from core.payload import Payload

C = TypeVar("C", bound=Connector)
C_contra = TypeVar("C_contra", bound=Connector, contravariant=True)
P = TypeVar("P", bound=Payload)
T = TypeVar("T")


class Pages(Protocol[C_contra]):
    """Walks a vendor's records."""

    def __call__(
        self,
        connector: C_contra,
        /,
        *,
        start: Mapping[str, str] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Iterator[Page]:
        """The pages from ``start`` on, another page's ``next_query``; None: from the first.

        ``since`` and ``until``: only what changed from then on and before then. A feed without a
        replication key takes neither into account. Raises ``connectors.errors``.
        """


@dataclass(frozen=True, kw_only=True)
class Feed(Generic[C, P, T]):
    """The records of one kind that a vendor has.

    ``pages`` gives payloads as they came, an object each, with its id under ``key``. ``record``
    types one; ``read`` makes a value of its family of it, without asking anybody, and raises
    ``SkippableError`` for one that cannot be read. ``one`` fetches a single payload by its id; None
    when the vendor has it no more.

    ``replication_key`` is a payload's field that grows with every change: an instant as the vendor
    writes it. ``complete``: a walk without ``since`` meets everything the vendor has.
    """

    pages: Pages[C]
    record: type[P]
    read: Callable[[P], T]
    one: Callable[[C, str], dict[str, object] | None] | None = None
    key: str = "id"
    replication_key: str | None = None
    complete: bool = False


AnyFeed = Feed[Any, Any, Any]
Feeds = Mapping[str, AnyFeed]
"""A vendor's feeds by the last part of their syncs' names: ``transactions``, ``products``, …"""
