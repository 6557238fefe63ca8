"""Sockets for the client: TLS 1.2 or newer, always verified, and never longer than the deadline.

A read timeout alone bounds one silence. A source that sends a byte a second, headers included,
is never silent and never done; so each read of the socket waits only for what the call has left.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool

from connectors.errors import (
    AnswerError,
    APIError,
    ConnectionError,  # noqa: A004 - the name users of the API know
)
from connectors.http.deadline import Deadline, current

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


TLS = "TLS"
"""The code of a connection that is not safe: a retry would be no safer."""


class _TimedReader(io.RawIOBase):
    """The bytes of ``sock``; a read raises ``TimeoutError`` at the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        # Python counts the files made from a socket and keeps it open for the last of them.
        self._file = sock.makefile("rb", buffering=0)
        self._sock = sock
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        deadline = current()
        if deadline is not None:
            left = deadline.remaining()
            if not left:
                raise TimeoutError("the deadline has passed")
            self._sock.settimeout(min(left, self._patience or left))
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        untimed, self.fp = self.fp, io.BufferedReader(_TimedReader(sock))
        untimed.close()


class _Connection(HTTPConnection):
    response_class = _TimedResponse


class _TLSConnection(HTTPSConnection):
    response_class = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Transport(HTTPAdapter):
    """An adapter for requests; it repeats nothing, which is the client's to decide."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Our connections for every host."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


class TLSTransport(Transport):
    """The same for https. Its first call loads the machine's certificates, which takes some 20 ms:
    a connector that is opened and asks nothing does not wait for them.
    """

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> ConnectionPool:
        """A pool whose TLS context is every host's."""
        known = self.poolmanager.connection_pool_kw
        if "ssl_context" not in known:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            known["ssl_context"] = context
        return super().get_connection_with_tls_context(*args, **options)


def session(scheme: str = "https", *, hosts: int = 10, kept: int = 10) -> requests.Session:
    """A session for one scheme, https or http, which takes nothing from the environment: no
    proxy, no ``.netrc``, no CA file. It keeps connections to so many ``hosts``, ``kept`` to each.

    Seen with requests 2.34: ``.netrc`` replaces our key, and HTTP_PROXY receives it.
    """
    made = requests.Session()
    made.trust_env = False
    # No brotli or zstd, which are decoded only where a library happens to be installed.
    made.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip, deflate"})
    made.adapters.clear()
    adapter = TLSTransport if scheme == "https" else Transport
    made.mount(f"{scheme}://", adapter(hosts, kept, max_retries=0))
    return made


def failure(error: Exception, *, call: str, host: str, deadline: Deadline, read: float) -> APIError:
    """What ``error`` means: no answer to ``call``, or not all of it; ``read`` bounds a silence.

    The libraries' own messages may quote the whole address; the types are enough.
    """
    if isinstance(error, requests.exceptions.SSLError | urllib3_errors.SSLError):
        return ConnectionError(
            f"{call}: no safe connection to {host}; its certificate or its TLS is not accepted",
            code=TLS,
        )
    if isinstance(error, urllib3_errors.DecodeError):
        return AnswerError(f"{call}: the answer of {host} is badly compressed")
    if not deadline.remaining():
        sentence = f"no whole answer from {host} within {deadline.seconds:g} s"
    elif isinstance(error, requests.ConnectTimeout):
        sentence = f"{host} cannot be reached"
    elif isinstance(error, requests.Timeout | urllib3_errors.TimeoutError | TimeoutError):
        sentence = f"{host} was silent for {read:g} s"
    else:
        sentence = f"no connection to {host}, or it was cut ({type(error).__name__})"
    return ConnectionError(f"{call}: {sentence}", unsent=_never_connected(error))


def _never_connected(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3_errors.NewConnectionError)
