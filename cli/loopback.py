"""A browser that comes back to this machine: where no web process is reached from outside."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

HOSTS = ("127.0.0.1", "localhost", "::1")

Answer = Callable[[str, str | None], tuple[str, str]]
"""Takes a state and a code; what the browser reads, in French and in English."""

_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Moulin</title></head>
<body><h1>Moulin</h1><p>{french}</p><p lang="en">{english}</p></body></html>
"""


class Loopback(HTTPServer):
    """Listens on ``port`` of this machine, 0 for a free one; ``handle_request`` takes one request,
    and waits for it half a second.
    """

    timeout = 0.5

    def __init__(self, port: int, path: str, answer: Answer) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.path = path
        self.answer = answer

    @property
    def url(self) -> str:
        """Where the browser comes back to."""
        return f"http://127.0.0.1:{self.server_port}{self.path}"

    def handle_error(self, *_: object) -> None:
        """A browser that hangs up is none of ours; what we raise ends the command."""
        if not isinstance(sys.exception(), OSError):
            raise  # noqa: PLE0704, it is called while the error is handled


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    timeout = 5

    def do_GET(self) -> None:
        """Answer the browser that comes back; it may ask for an icon as well."""
        parts = urlsplit(self.path)
        if parts.path != self.server.path:
            self.send_error(404)
            return
        query = parse_qs(parts.query)
        french, english = self.server.answer(
            query.get("state", [""])[0], query.get("code", [None])[0]
        )
        page = _PAGE.format(french=french, english=english).encode()
        self.send_response(200)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Nothing: the address holds the code."""
