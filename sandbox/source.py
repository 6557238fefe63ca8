"""What every stand-in has: its doors, the log of what was asked, and the faults ordered."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from sandbox.collection import Collection, Record
from sandbox.control import PREFIX, Control, UnknownRouteError
from sandbox.faults import Faults
from sandbox.log import Entry, Log
from sandbox.messages import Answer, Request


class Source(ABC):
    """One outside system, as an application for ``sandbox.server``.

    The names of its collections are the names of its endpoints: in faults, in the log's helper
    and under ``/_sandbox/``; ``more`` endpoints have no collection of their own.
    """

    def __init__(self, collections: Mapping[str, Collection], *, more: Iterable[str] = ()) -> None:
        self.url = ""
        self.log = Log()
        self.faults = Faults((*collections, *more))
        self._control = Control(self.log, self.faults, collections, self.turn, self.act)

    def __call__(self, request: Request) -> Answer:
        """Answer a request of the source's client, or one of the control door."""
        if request.path.startswith(PREFIX):
            return self._control(request)
        answer = self.answer(request)
        # Logged before it travels: whoever holds the answer finds it in the log.
        status = 0 if answer.delivery.silent else answer.status
        self.log.append(Entry(request.method, request.path, request.query, status))
        return answer

    def turn(self, changes: Record) -> Record:
        """Its knobs, by name, after these changes; ValueError for one that makes no sense."""
        raise UnknownRouteError

    def act(self, name: str, order: Record) -> Record:
        """What came of an order of its own, as to send webhooks; ValueError for one that makes no
        sense.
        """
        raise UnknownRouteError

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """What the source says, faults included."""
