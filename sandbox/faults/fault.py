"""What every fault has: the requests it strikes, and the three places where it can strike."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from pydantic import BaseModel, ConfigDict, PositiveInt

from sandbox.collection import Collection
from sandbox.messages import Answer
from sandbox.paging import Ask, Page

ANY = "any"


class Fault(BaseModel):
    """A fault that strikes ``endpoint``; a subclass says how.

    Among the requests to that endpoint (and to that page, where one is given) it strikes from the
    ``start``-th on, every ``every``-th one, and ``times`` times in all; None is for ever.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str = ANY
    page: PositiveInt | None = None
    start: PositiveInt = 1
    every: PositiveInt = 1
    times: PositiveInt | None = None

    def before_page(self, collection: Collection, ask: Ask, number: int) -> int:
        """The number of the page to cut; the collection may be changed first."""
        return number

    def on_page(self, page: Page, collection: Collection) -> Page:
        """The page to send in place of ``page``."""
        return page

    def on_answer(self, answer: Answer) -> Answer:
        """The answer to send in place of ``answer``."""
        return answer


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    struck: int = 0

    def strikes(self, endpoint: str, page: int) -> bool:
        fault = self.fault
        if fault.endpoint not in (ANY, endpoint) or fault.page not in (None, page):
            return False
        self.seen += 1
        if self.seen < fault.start or (self.seen - fault.start) % fault.every:
            return False
        if fault.times is not None and self.struck >= fault.times:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults of one source, in the order they strike; safe to change while it serves."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        self._endpoints = (ANY, *endpoints)
        self._armed: list[_Armed] = []
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Arm faults; ValueError for an endpoint the source does not have."""
        for fault in faults:
            if fault.endpoint not in self._endpoints:
                raise ValueError(f"endpoint is one of {', '.join(self._endpoints)}")
        with self._lock:
            self._armed += [_Armed(fault) for fault in faults]

    def remove(self, fault: Fault) -> None:
        """Disarm a fault, whether it ever struck or not."""
        with self._lock:
            self._armed = [armed for armed in self._armed if armed.fault != fault]

    def clear(self) -> None:
        """Disarm all of them."""
        with self._lock:
            self._armed = []

    def struck(self, fault: Fault) -> int:
        """How often a fault that is still armed has struck."""
        with self._lock:
            return sum(armed.struck for armed in self._armed if armed.fault == fault)

    def due(self, endpoint: str, page: int) -> list[Fault]:
        """The faults that strike this request; each counts it."""
        with self._lock:
            return [armed.fault for armed in self._armed if armed.strikes(endpoint, page)]
