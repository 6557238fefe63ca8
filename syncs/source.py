"""A source, declared once: gate, engine, schedule, status, health, CLI and API read this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from connectors.connector import Connector
from connectors.http.deadline import Timeouts
from core.advice import Sentence
from core.errors import ConfigurationError
from core.settings import settings

C = TypeVar("C", bound=Connector)


class Check(Protocol):
    """A kept look at a source."""

    healthy: bool


class Checks(Protocol):
    """Where hourly looks at a source are kept."""

    def note(
        self, session: Session, *, kind: str, healthy: bool, ms: int, message: str | None
    ) -> None:
        """Keep one look."""

    def recent(self, session: Session, *, limit: int) -> Sequence[Check]:
        """Looks, newest first."""

    def forget(self, session: Session, *, older_than_days: float) -> None:
        """Delete old looks."""


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class Source(Generic[C]):
    """Where syncs read from; ``name`` is its name in stores and answers, and begins its syncs'.

    ``family`` is the connector's package, ``vendor`` the API it speaks. ``connector`` makes one;
    ``timeout`` is how many seconds the source may be silent, or all its timeouts. ``needs`` are
    names of settings: without one of them the source is not configured, and ``advice`` is the
    remedy. ``probe`` is one cheap read that fails where syncs would; with ``checks`` it is made
    hourly and its result kept. ``note_use`` is called when a run begins to read.
    """

    name: str
    family: str
    vendor: str
    connector: Callable[[Timeouts], C]
    timeout: Callable[[], float | Timeouts]
    advice: Sentence
    needs: tuple[str, ...] = ()
    probe: Callable[[C], object] | None = None
    checks: Checks | None = None
    note_use: Callable[[], None] = nothing

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the needed settings nobody gave."""
        given = settings()
        return tuple(name for name in self.needs if not getattr(given, name.lower()))

    @property
    def is_configured(self) -> bool:
        """Whether everything it needs is given."""
        return not self.missing

    @property
    def is_wanted(self) -> bool:
        """Whether anything it needs is given; one setting without the others is a mistake."""
        return not self.needs or len(self.missing) < len(self.needs)

    @property
    def timeouts(self) -> Timeouts:
        """What a call may take, and so how long a run's lease lasts."""
        given = self.timeout()
        return given if isinstance(given, Timeouts) else Timeouts.of(given)

    def open(self, timeouts: Timeouts | None = None) -> C:
        """A connector, ready to use; sends nothing.

        Raises ``ConfigurationError``, which names what is missing.
        """
        if self.missing:
            raise ConfigurationError(self.advice)
        return self.connector(self.timeouts if timeouts is None else timeouts)


AnySource = Source[Any]
