"""A person's own account, as their configuration has it; nothing is written there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from connectors.families import PointOfSale
from connectors.http.client import HTTPClient
from connectors.http.request import Request
from connectors.http.response import Answer
from connectors.http.wire import Receive
from syncs import connect

WEEK = timedelta(days=7)
IS_SEARCH = re.compile(r"/(search|batch-retrieve)$").search
"""A search that is too long for an address is posted."""


class WriteError(Exception):
    """A check would have changed something."""


class LiveAccount:
    """The account of the configured connector ``name``, and what was sold there in a week."""

    def __init__(self, name: str) -> None:
        now = datetime.now(UTC)
        self.period = now - WEEK, now
        self.asked = 0
        self._name = name

    def connector(self, **capabilities: bool) -> PointOfSale:
        given = connect.to_source(self._name)
        assert isinstance(given, PointOfSale)
        http = self.read_only(given.http)
        off = {**given.config.capabilities, **capabilities}
        config = given.config.model_copy(update={"capabilities": off})
        return type(given)(config=config, client=lambda *_: http)

    def read_only(self, http: HTTPClient) -> HTTPClient:
        """The same client, counted, that refuses to send anything but reads."""
        send = http.send

        def reading(request: Request, receive: Receive | None = None) -> Answer:
            if request.verb != "GET" and not (request.verb == "POST" and IS_SEARCH(request.path)):
                raise WriteError(f"{request.verb} {request.path}")
            self.asked += 1
            return send(request, receive)

        http.send = reading  # type: ignore[method-assign]  # every request goes through it
        return http
