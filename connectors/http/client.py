"""The one HTTP client: JSON to and from a source, bounded in time and size, typed when it fails.

It is made of parts: ``auth`` signs, ``limiter`` and ``breaker`` hold back, ``attempts`` repeats,
``wire`` carries; ``status`` and ``codec`` read; ``calls`` keeps a note of each call.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import IO

import requests

from connectors.audit import Calls
from connectors.errors import APIError
from connectors.http import reason
from connectors.http.attempts import Attempts
from connectors.http.auth import Anonymous, Auth
from connectors.http.breaker import Breaker, Closed
from connectors.http.deadline import USUAL, Deadline, Timeouts
from connectors.http.limiter import Limiter, Pause
from connectors.http.request import NOTHING, Request
from connectors.http.response import Answer, Response
from connectors.http.status import refusal
from connectors.http.wire import Receive, Wire

MAX_BODY = 10 * 1024 * 1024


class HTTPClient:
    """JSON requests below ``base_url``; seconds and bytes bound every call.

    ``advice`` names where to look when the key is refused. Raises ``ConfigurationError`` for an
    address that is not https (http: this machine alone).
    """

    def __init__(  # noqa: PLR0913 - each has a default and is given by name
        self,
        base_url: str,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] = NOTHING,
        timeouts: Timeouts = USUAL,
        max_body: int = MAX_BODY,
        advice: str = "check the key",
        limiter: Limiter | None = None,
        breaker: Breaker | None = None,
        calls: Calls | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._wire = Wire(base_url, headers=headers, timeouts=timeouts, session=session)
        self._auth = auth or Anonymous()
        self._limiter = limiter or Pause()
        self._breaker = breaker or Closed()
        self._attempts = Attempts.of(timeouts, sleep=sleep, random=random)
        self._calls = calls
        self._seconds = timeouts.total
        self._max_body = max_body
        self._advice = advice

    @property
    def auth(self) -> Auth:
        """The credentials that it puts on requests."""
        return self._auth

    @property
    def base_url(self) -> str:
        """The address, without a slash at its end."""
        return self._wire.base_url

    @property
    def host(self) -> str:
        """The host of the address."""
        return self._wire.host

    @property
    def seconds(self) -> float:
        """How long one call may take, its repetitions included."""
        return self._seconds

    def get(
        self,
        path: str,
        params: Mapping[str, str] = NOTHING,
        *,
        headers: Mapping[str, str] = NOTHING,
    ) -> Answer:
        """What ``GET base_url/path?params`` answers. Raises ``connectors.errors``."""
        return self.send(Request.get(path, params, headers))

    def post(
        self,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] = NOTHING,
        idempotent: bool = False,
    ) -> Answer:
        """What ``POST`` answers to ``body`` as JSON; None for an empty answer, as of all writes.

        ``idempotent``: it is a search, or carries an idempotency key of the source's. Any other
        is repeated only when it was never sent; its error leaves open whether it was carried out,
        unless ``unsent``.
        """
        return self.send(Request.write("POST", path, body, headers, idempotent=idempotent))

    def put(
        self, path: str, body: object = None, *, headers: Mapping[str, str] = NOTHING
    ) -> Answer:
        """As ``post``, for what replaces: to do it twice is to do it once."""
        return self.send(Request.write("PUT", path, body, headers, idempotent=True))

    def patch(
        self,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] = NOTHING,
        idempotent: bool = False,
    ) -> Answer:
        """As ``post``, for what changes a part."""
        return self.send(Request.write("PATCH", path, body, headers, idempotent=idempotent))

    def delete(self, path: str, *, headers: Mapping[str, str] = NOTHING) -> Answer:
        """As ``put``, for what removes; when it is repeated it may find nothing: 404."""
        return self.send(Request.write("DELETE", path, None, headers, idempotent=True))

    def spool(self, path: str, file: IO[bytes], *, most: int) -> None:
        """As ``get``, the body unread into ``file``: up to ``most`` bytes."""
        self.send(Request.get(path), partial(Response.spool, file=file, most=most))

    def send(self, request: Request, receive: Receive | None = None) -> Answer:
        """What ``request`` is answered, its body as ``receive`` takes it in: as JSON by default.

        Raises ``connectors.errors``.
        """
        json = partial(Response.json, most=self._max_body, may_be_empty=request.verb != "GET")
        deadline = Deadline(self._seconds)
        call = _Call(request=request, receive=receive or json, deadline=deadline)
        attempt = partial(self._attempt, call)
        try:
            with deadline.running():
                answer = self._attempts.make(
                    attempt, deadline=deadline, idempotent=request.idempotent
                )
        except APIError as error:
            self._note(call, error.code)
            raise
        self._note(call, None)
        return answer

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._wire.close()

    def _attempt(self, call: _Call) -> Answer:
        try:
            return self._exchange(call)
        except _RenewedError:
            return self._exchange(call)

    def _exchange(self, call: _Call) -> Answer:
        self._breaker.check()
        try:
            self._limiter.acquire(call.deadline)
            request = self._auth.authorize(call.request)
            call.tries, call.status = call.tries + 1, None
            answer = self._wire.exchange(
                request, partial(self._receive, call, request), call.deadline
            )
        except APIError as error:
            self._breaker.note(error)
            raise
        self._breaker.note(None)
        return answer

    def _receive(self, call: _Call, request: Request, response: Response) -> object:
        call.status = response.status
        self._limiter.observe(response)
        problem = refusal(response, host=self.host, advice=self._advice)
        if problem is None:
            return call.receive(response)
        if not call.renewed and self._auth.again(request, response):
            call.renewed = True
            raise _RenewedError(str(problem), status_code=response.status, code=problem.code)
        raise problem if problem.is_retriable else problem.because(reason.of(response))

    def _note(self, call: _Call, error: str | None) -> None:
        # What was held back here is no call.
        if self._calls is not None and call.tries:
            self._calls.note(
                verb=call.request.verb,
                path=self._wire.path(call.request),
                status=call.status,
                error=error,
                ms=round(call.deadline.elapsed() * 1000),
                tries=call.tries,
                at=call.at,
            )


@dataclass(kw_only=True, slots=True)
class _Call:
    """A request on its way: how often it was sent, the status of the last response, and whether its
    credentials were renewed.
    """

    request: Request
    receive: Receive
    deadline: Deadline
    at: datetime = field(default_factory=partial(datetime.now, UTC))
    tries: int = 0
    status: int | None = None
    renewed: bool = False


class _RenewedError(APIError):
    """Refused, and worth one more try with the credentials of now."""
