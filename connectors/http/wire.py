"""One source's address and the sockets to it: a request there, a response back, and a log line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import requests
import urllib3

from connectors.errors import APIError
from connectors.http import transport
from connectors.http.deadline import Deadline, Timeouts
from connectors.http.request import Request
from connectors.http.response import Answer, Response
from core.errors import ConfigurationError
from core.logs import correlation_id, get_logger
from core.version import version

CONNECT_TIMEOUT = 5.0

log = get_logger(__name__)

Receive = Callable[[Response], object]
"""Reads a response: its body, or raises for its status or content."""


class Wire:
    """Everything below ``base_url``; ``headers`` go with every request, and our name.

    Raises ``ConfigurationError`` for an address that is not https (http: this machine alone).
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        session: requests.Session | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = _checked_host(base_url)
        self._headers = {"User-Agent": f"Moulin/{version()}", **headers}
        self._timeouts = timeouts
        self._session = session or transport.session(urlsplit(base_url).scheme)

    def exchange(self, request: Request, receive: Receive, deadline: Deadline) -> Answer:
        """Send ``request`` once; what ``receive`` makes of the response. Leaves a debug line.

        Raises what that raises, and ``connectors.errors`` when nothing came, or not all of it.
        """
        started, status, problem = time.monotonic(), None, None
        try:
            answer = self._exchange(request, receive, deadline)
            status = answer.status
            return answer
        except APIError as error:
            status, problem = error.status_code, error.code
            raise
        finally:
            log.debug(
                "source.call",
                verb=request.verb,
                path=self.path(request),
                status=status,
                ms=round((time.monotonic() - started) * 1000),
                error=problem,
            )

    def path(self, request: Request) -> str:
        """The path of ``request`` at the host, without its query."""
        return urlsplit(self._url(request)).path

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._session.close()

    def _exchange(self, request: Request, receive: Receive, deadline: Deadline) -> Answer:
        call = f"{request.verb} {self.path(request)}"
        try:
            with self._send(request, deadline) as raw:
                data = receive(Response(raw=raw, call=call, deadline=deadline))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise transport.failure(
                error, call=call, host=self.host, deadline=deadline, read=self._timeouts.read
            ) from error
        return Answer(data=data, headers=raw.headers, status=raw.status_code)

    def _send(self, request: Request, deadline: Deadline) -> requests.Response:
        headers = {**self._headers, **request.headers}
        if (current := correlation_id()) is not None:
            headers["X-Request-ID"] = current
        url = self._url(request)
        prepared = self._session.prepare_request(
            requests.Request(
                request.verb, url, params=request.params, headers=headers, data=request.body
            )
        )
        left = max(deadline.remaining(), 0.001)
        # Not through `Session.send`: even without following a redirect, it reads the whole body
        # of one, however long, and it keeps cookies.
        return self._session.get_adapter(url).send(
            prepared,
            stream=True,
            timeout=(min(CONNECT_TIMEOUT, left), min(self._timeouts.read, left)),
            verify=True,
        )

    def _url(self, request: Request) -> str:
        return f"{self.base_url}/{request.path.lstrip('/')}"


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
