"""What a vendor announces by webhook: that it is the vendor who says so, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened at a vendor. No text has more than 64 characters.

    ``id`` is the vendor's, the same however often it sends the event; None when it gives none.
    ``feeds`` are those that it concerns; none: an event of no interest. ``object_id`` is the
    object's key there; None: nobody says which object it is.
    """

    id: str | None
    kind: str
    feeds: tuple[str, ...] = ()
    object_id: str | None = None


class Events(Protocol):
    """How a vendor's webhooks are verified and read."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, url: str, key: str) -> bool:
        """Whether the vendor signed this body, in a time that does not depend on the signature.

        ``headers`` are found by any spelling of their names; ``url`` is where the vendor was told
        to send it.
        """

    def read(self, body: bytes) -> Event:
        """What the body announces. Raises ``SkippableError`` for a body that cannot be read."""
