"""Vendors of one kind can do the same things; what one of them lacks is refused, and not sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from os import PathLike
from threading import Lock
from typing import ClassVar, TypeVar

from connectors.authentication import NO_ADDRESSES
from connectors.config import ConnectorConfig
from connectors.connector import Connector
from connectors.errors import NotSupported
from connectors.families.commands import Commands
from connectors.families.events import Events
from connectors.families.feeds import AnyFeed, Feeds
from connectors.families.opening import Client, by_hand, configuration
from connectors.families.walks import read
from connectors.http.oauth import OAuth2
from connectors.http.request import NOTHING
from connectors.http.token_requests import Provider
from core.payload import Payload, parse

P = TypeVar("P", bound=Payload)


class Family(Connector):
    """A connector that can do what its kind can.

    A family names its ``operations`` and refuses each of them; a vendor overrides what it has, and
    says where its API is and in which version, unless the configuration does. ``commands`` are the
    family's writes; a vendor is ``keyed`` when the same write under the same key happens once.
    """

    operations: ClassVar[tuple[str, ...]] = ()
    commands: ClassVar[Commands] = {}
    keyed: ClassVar[bool] = False
    vendor: ClassVar[str]
    base_url: ClassVar[str]
    version: ClassVar[str | None] = None
    provider: ClassVar[Provider] = NO_ADDRESSES
    sandboxes: ClassVar[frozenset[str]] = frozenset()
    """Hosts of the vendor where nothing is real."""
    feeds: ClassVar[Feeds] = {}
    events: ClassVar[Events | None] = None
    fed: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Operations that the family makes of a feed, where the vendor has it: its name, and what of it
    is needed.
    """

    def __init__(
        self,
        config_path: str | PathLike[str] | None = None,
        config_dict: Mapping[str, object] | None = None,
        *,
        config: ConnectorConfig | None = None,
        client: Client | None = None,
        name: str | None = None,
    ) -> None:
        """From one vendor's mapping: in a file, given, or read already.

        ``client`` makes the client, with other parts than a process has by itself; ``name`` is what
        the configuration calls it, by hand the vendor's. Raises ``ConfigurationError`` with every
        problem.
        """
        read = configuration(config_path, config_dict, config)
        self.config = read.with_defaults(base_url=self.base_url, version=self.version)
        super().__init__((client or by_hand(self.vendor, self.provider))(self.config, self.headers))
        self.name = name or self.vendor
        self._writing = Lock()
        """For a vendor that takes one write at a time."""
        wanted = self.config.capabilities
        self._off = {each for each in self.operations if not wanted.get(each, True)}
        for each in self._off:
            setattr(self, each, _Off(f"{type(self).__name__}.{each} is turned off"))

    @property
    def headers(self) -> Mapping[str, str]:
        """What goes with every request, beside the credentials."""
        return NOTHING

    @property
    def capabilities(self) -> dict[str, bool]:
        """What can be done, by operation: what the vendor has and nobody turned off."""
        family = next(owner for owner in type(self).__mro__ if "operations" in vars(owner))
        return {
            name: name not in self._off
            and (getattr(type(self), name) is not getattr(family, name) or self._is_fed(name))
            for name in self.operations
        }

    def connect(self) -> None:
        """Ask for something small. Raises ``AuthenticationError`` when we are refused."""
        raise self.lacking("connect")

    def refresh_authentication(self) -> None:
        """Renew the tokens in use, at most once for one token, by however many callers.

        Raises ``NotSupported`` for credentials that never change, and ``connectors.errors``.
        """
        auth = self.http.auth
        if not isinstance(auth, OAuth2):
            raise NotSupported(f"{self.vendor} is known by {self.config.auth.method}: see to that")
        auth.refresh()

    def fetch(self, path: str, kind: type[P], params: Mapping[str, str] = NOTHING) -> P:
        """What ``GET path?params`` answers, as a ``kind``.

        Raises ``connectors.errors``: ``AnswerError`` for one that has another shape.
        """
        return read(path, partial(parse, kind), self.http.get(path, params).data)

    def feed(self, operation: str) -> AnyFeed:
        """The feed that ``operation`` is made of. Raises ``NotSupported``."""
        if not self._is_fed(operation):
            raise self.lacking(operation)
        return self.feeds[self.fed[operation][0]]

    def _is_fed(self, operation: str) -> bool:
        name, part = self.fed.get(operation, ("", ""))
        return getattr(self.feeds.get(name), part, None) is not None

    def lacking(self, operation: str) -> NotSupported:
        """The error of an operation that this vendor does not have."""
        return NotSupported(f"{type(self).__name__} has no {operation}")


class _Off:
    """An operation that is turned off."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    def __call__(self, *_: object, **__: object) -> None:
        raise NotSupported(self._sentence)
