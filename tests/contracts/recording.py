"""A stand-in that has a recording and nothing else: each path answers what it once did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from connectors.families import PointOfSale
from sandbox.faults import Status
from sandbox.messages import Answer, Request, json_answer
from sandbox.server import running
from sandbox.source import Source

CALL = "call"
"""The one endpoint, in faults: every path is it."""


class Recording(Source):
    """Answers GET by its path, whatever its query is; with a ``refusal``, everything by that."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        super().__init__({}, more=[CALL])
        self._answers = answers
        self.refusal: HTTPStatus | None = None

    def answer(self, request: Request) -> Answer:
        """What was recorded, faults included; 404 for what was not."""
        answer = self._answer(request)
        for fault in self.faults.due(CALL, 1):
            answer = fault.on_answer(answer)
        return answer

    def _answer(self, request: Request) -> Answer:
        if self.refusal is not None:
            return json_answer({"error": self.refusal.name}, self.refusal)
        if request.method != "GET" or request.path not in self._answers:
            return json_answer({"error": "NOT_FOUND"}, HTTPStatus.NOT_FOUND)
        return json_answer(self._answers[request.path])


class RecordedAccount:
    """A ``Refusing`` account, as a file has it: its ``period``, and ``answers`` by path."""

    def __init__(self, source: Recording, vendor: Callable[..., PointOfSale], period: list[str]):
        start, end = map(datetime.fromisoformat, period)
        self.period = start, end
        self._source = source
        self._vendor = vendor

    def connector(self, **capabilities: bool) -> PointOfSale:
        return self._vendor(
            config_dict={
                "api": {"base_url": self._source.url},
                "auth": {"method": "bearer", "token": "recorded"},
                "connection": {"retry_delay": 0},
                "rate_limit": {"throttle_on_limit": False},
                "capabilities": capabilities,
            }
        )

    def forget_token(self) -> None:
        self._source.refusal = HTTPStatus.UNAUTHORIZED

    def take_scopes(self) -> None:
        self._source.refusal = HTTPStatus.FORBIDDEN

    def refuse_once(self, status: int, *, retry_after: int | None = None) -> None:
        self._source.faults.add(Status(status=status, retry_after=retry_after, times=1))

    @property
    def asked(self) -> int:
        return len(self._source.log)


@contextmanager
def recorded(vendor: Callable[..., PointOfSale], file: Path) -> Iterator[RecordedAccount]:
    """The account in ``file``, served for the length of a ``with``."""
    page = json.loads(file.read_text("utf-8"))
    source = Recording(page["answers"])
    with running(source, host="127.0.0.1", port=0) as server:
        source.url = server.url
        yield RecordedAccount(source, vendor, page["period"])
