"""The one parent of all connectors: it holds the client."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from connectors.http.client import HTTPClient


class Connector:
    """Speaks one source's wire through ``http``; ``with`` closes its connections."""

    def __init__(self, http: HTTPClient) -> None:
        self.http = http

    @property
    def live(self) -> Connector:
        """The connector to the source itself: this one, unless it reads a spooled export."""
        return self

    def close(self) -> None:
        """Give the connections back."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
