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
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.http.deadline import current

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


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
    """The same for https; to load the machine's certificates takes some 20 ms."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """One TLS context for every host."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        super().init_poolmanager(*args, **options, ssl_context=context)


def session(scheme: str = "https") -> requests.Session:
    """A session that speaks one scheme, https or http, and takes nothing from the environment: no
    proxy, no ``.netrc``, no CA file.

    Seen with requests 2.34: ``.netrc`` replaces our key, and HTTP_PROXY receives it.
    """
    made = requests.Session()
    made.trust_env = False
    # No brotli or zstd, which are decoded only where a library happens to be installed.
    made.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip, deflate"})
    made.adapters.clear()
    adapter = TLSTransport if scheme == "https" else Transport
    made.mount(f"{scheme}://", adapter(max_retries=0))
    return made
