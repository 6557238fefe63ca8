"""The one HTTP client: JSON from a source, bounded in time and size, typed when it fails."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import IO, NoReturn
from urllib.parse import urlsplit

import requests
import urllib3

from connectors.errors import (
    AnswerError,
    APIError,
    ConnectionError,  # noqa: A004 - the name users of the API know
    ServerError,
)
from connectors.http import codec, retry_after, transport
from connectors.http.deadline import USUAL, Deadline, Timeouts
from connectors.http.status import refusal
from core.errors import ConfigurationError
from core.logs import correlation_id, get_logger
from core.version import version

CONNECT_TIMEOUT = 5.0
MAX_BODY = 10 * 1024 * 1024
FIRST_PAUSE = 0.5
TRANSIENT = frozenset({500, 502, 503, 504})
TLS = "TLS"

log = get_logger(__name__)

Receive = Callable[[requests.Response, str, Deadline], object]
"""Takes a good answer's body in: from the response, the call's name and its deadline."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A success: the parsed JSON, the headers (names in any case) and the status."""

    data: object
    headers: Mapping[str, str]
    status: int


class HTTPClient:
    """GETs JSON under ``base_url``; seconds and bytes bound every call.

    ``advice`` says where to look when the key is refused. Raises ``ConfigurationError`` for an
    address that is not https (http: this machine alone).
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts = USUAL,
        max_body: int = MAX_BODY,
        advice: str = "check the key",
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = _checked_host(base_url)
        self._headers = {"User-Agent": f"Moulin/{version()}", **(headers or {})}
        self._timeouts = timeouts
        self._max_body = max_body
        self._advice = advice
        self._session = session or transport.session(urlsplit(base_url).scheme)
        self._sleep = sleep
        self._random = random

    def get_json(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """What ``GET base_url/path?params`` answers.

        Network trouble, 500, 502, 503, 504 and unreadable answers are tried again, twice at
        most and within the deadline. Whoever says how long to wait is not asked again here.
        Raises ``connectors.errors``.
        """
        return self._patiently(path, params, self._json)

    def spool(self, path: str, file: IO[bytes], *, most: int) -> None:
        """As ``get_json``, the body unread into ``file``: up to ``most`` bytes."""

        def receive(response: requests.Response, call: str, deadline: Deadline) -> None:
            codec.check_type(response.headers.get("Content-Type", ""), call=call)
            file.seek(0)
            file.truncate()
            codec.spool(response.raw, file, call=call, most=most, deadline=deadline)

        self._patiently(path, None, receive)

    def _patiently(self, path: str, params: Mapping[str, str] | None, receive: Receive) -> Answer:
        deadline = Deadline(self._timeouts.total)
        with deadline.running():
            for failures in count(1):
                try:
                    return self._logged(path, params, deadline, receive)
                except (ConnectionError, AnswerError, ServerError) as error:
                    pause = self._random() * FIRST_PAUSE * 2**failures
                    if (
                        failures > self._timeouts.retries
                        or not _transient(error)
                        or pause >= deadline.remaining()
                    ):
                        raise
                    self._sleep(pause)
        raise AssertionError("the loop ends by return or raise")

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._session.close()

    def _logged(
        self, path: str, params: Mapping[str, str] | None, deadline: Deadline, receive: Receive
    ) -> Answer:
        started = time.monotonic()
        status, problem = None, None
        try:
            answer = self._ask(path, params, deadline, receive)
            status = answer.status
            return answer
        except APIError as error:
            status, problem = error.status_code, error.code
            raise
        finally:
            ms = round((time.monotonic() - started) * 1000)
            log.debug(
                "source.call",
                verb="GET",
                path=self._path(path),
                status=status,
                ms=ms,
                error=problem,
            )

    def _ask(
        self, path: str, params: Mapping[str, str] | None, deadline: Deadline, receive: Receive
    ) -> Answer:
        call = f"GET {self._path(path)}"
        try:
            with self._send(path, params, deadline) as response:
                problem = refusal(
                    response.status_code,
                    call=call,
                    host=self.host,
                    advice=self._advice,
                    retry_after=retry_after.seconds(
                        response.headers.get("Retry-After"), now=datetime.now(UTC)
                    ),
                )
                if problem is not None:
                    raise problem
                data = receive(response, call, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self._lost(call, error, deadline)
        return Answer(data=data, headers=response.headers, status=response.status_code)

    def _json(self, response: requests.Response, call: str, deadline: Deadline) -> object:
        body = codec.read(response.raw, call=call, most=self._max_body, deadline=deadline)
        return codec.decode(body, response.headers.get("Content-Type", ""), call=call)

    def _send(
        self, path: str, params: Mapping[str, str] | None, deadline: Deadline
    ) -> requests.Response:
        headers = dict(self._headers)
        if (current := correlation_id()) is not None:
            headers["X-Request-ID"] = current
        request = self._session.prepare_request(
            requests.Request("GET", self._url(path), params=params, headers=headers)
        )
        left = max(deadline.remaining(), 0.001)
        # Not through `Session.send`: even told not to follow a redirect, it reads the whole body
        # of one, however long, and it keeps cookies.
        return self._session.get_adapter(self._url(path)).send(
            request,
            stream=True,
            timeout=(min(CONNECT_TIMEOUT, left), min(self._timeouts.read, left)),
            verify=True,
        )

    def _lost(self, call: str, error: Exception, deadline: Deadline) -> NoReturn:
        # What a library says may quote the whole address; the types say enough.
        if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
            raise ConnectionError(
                f"{call}: no safe connection to {self.host}; its certificate or its TLS is not "
                "accepted",
                code=TLS,
            ) from error
        if isinstance(error, urllib3.exceptions.DecodeError):
            raise AnswerError(f"{call}: the answer of {self.host} is badly compressed") from error
        if not deadline.remaining():
            sentence = f"no whole answer from {self.host} within {deadline.seconds:g} s"
        elif isinstance(error, requests.ConnectTimeout):
            sentence = f"{self.host} cannot be reached"
        elif isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
            sentence = f"{self.host} was silent for {self._timeouts.read:g} s"
        else:
            sentence = f"no connection to {self.host}, or it was cut ({type(error).__name__})"
        raise ConnectionError(f"{call}: {sentence}") from error

    def _url(self, path: str) -> str:
        return f"{self.base_url}/{path.lstrip('/')}"

    def _path(self, path: str) -> str:
        return urlsplit(self._url(path)).path


def _transient(error: ConnectionError | AnswerError | ServerError) -> bool:
    if isinstance(error, ServerError):
        return error.status_code in TRANSIENT and error.retry_after is None
    return error.code != TLS


def _checked_host(base_url: str) -> str:
    parts = urlsplit(base_url)
    host = parts.hostname
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "the address of a source is https://host/path, without user, password or query."
        )
    loopback = host in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ConfigurationError(f"{host}: only https:// is allowed (http:// for this machine).")
    return host
