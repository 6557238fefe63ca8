"""A small threaded HTTP/1.1 server that can also misbehave: go silent, trickle, cut a body short.

Frameworks repair exactly what a stand-in must be able to break, so this stands on the standard
library's handler and writes its answers itself.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Event, Lock, Thread
from urllib.parse import parse_qsl

from sandbox.messages import Answer, Request

App = Callable[[Request], Answer]

#: How often the accept loop looks whether it should stop; every stop waits for half of it.
POLL_SECONDS = 0.02
MAX_BODY = 16 * 1024 * 1024


class Server(ThreadingMixIn, TCPServer):
    """Serves one application; a thread a connection, all of them ended by ``stop``."""

    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, app: App, host: str, port: int) -> None:
        self.app = app
        self.stopping = Event()
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__((host, port), Connection)

    @property
    def url(self) -> str:
        """Where the server listens, without a path."""
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def opened(self, connection: socket.socket) -> None:
        """Remember an open connection, so that ``stop`` can end its thread."""
        with self._lock:
            self._connections.add(connection)
        if self.stopping.is_set():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection whose thread is about to end."""
        with self._lock:
            self._connections.discard(connection)

    def stop(self) -> None:
        """End the accept loop, then every connection; returns when no thread is left."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._connections:
                # The client may have hung up in the same instant.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the game; any other error is a bug and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed narrows it


class Connection(BaseHTTPRequestHandler):
    """One connection: requests are read and answered in turn until one side closes."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Open the streams, and let the server know of the connection."""
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        """Close the streams."""
        self.server.closed(self.connection)
        super().finish()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        # A body we do not read would be taken for the next request.
        if not length.isdecimal() or int(length) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            self.close_connection = True
        elif not self._send(self.server.app(self._request(int(length)))):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  (http.server's names)

    def _request(self, length: int) -> Request:
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            path=path,
            query=query,
            parameters=dict(parse_qsl(query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            client=self.client_address[0],
        )

    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked stands in the source's log."""

    def _send(self, answer: Answer) -> bool:
        """Deliver ``answer``; false when the connection must be closed after it."""
        delivery = answer.delivery
        if delivery.delay and self.server.stopping.wait(delivery.delay):
            return False
        if delivery.silent:
            return False
        head = _head(answer)
        if delivery.pace is not None:
            return self._trickle(head, answer, delivery.pace)
        if isinstance(answer.body, bytes):
            self.wfile.write(head + answer.body[: delivery.sent])
        else:
            self.wfile.write(head)
            for chunk in answer.body:
                self.wfile.write(chunk)
        return delivery.sent is None

    def _trickle(self, head: bytes, answer: Answer, pace: float) -> bool:
        slow = bytes(answer.body)[: answer.delivery.sent]
        if answer.delivery.pace_head:
            slow = head + slow
        else:
            self.wfile.write(head)
        for byte in slow:
            if self.server.stopping.wait(pace):
                return False
            self.wfile.write(bytes((byte,)))
        return answer.delivery.sent is None


def _head(answer: Answer) -> bytes:
    # A fault may send a status that HTTP does not know.
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Content-Length: {len(answer.body)}"]
    if answer.content_type:
        lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@contextmanager
def running(app: App, *, host: str, port: int) -> Iterator[Server]:
    """Serve ``app`` in threads for the length of a ``with``; port 0 takes a free one."""
    server = Server(app, host, port)
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="sandbox-accept")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
