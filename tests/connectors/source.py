"""A source on a real socket, of which a test decides every byte and every silence."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import parse_qsl, urlsplit

Script = Callable[["Call"], None]


@dataclass
class Call:
    """One request, and the socket to answer it on; ``gone`` is set when the test is over."""

    line: str
    headers: dict[str, str]
    socket: socket.socket
    gone: Event
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.line.split(" ")[1]).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.line.split(" ")[1]).query, keep_blank_values=True))

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(
        self, data: object = None, *, status: int = 200, body: bytes | None = None, **headers: str
    ) -> None:
        """A whole answer; ``Retry_After="1"`` gives the header ``Retry-After``."""
        sent = json.dumps(data).encode() if body is None else body
        lines = {"Content-Type": "application/json", "Content-Length": str(len(sent))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.send(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + sent)

    def trickle(self, piece: bytes, every: float) -> None:
        """Send ``piece`` again and again until the other side or the test is gone."""
        with suppress(OSError):
            while not self.gone.wait(every):
                self.send(piece)


@dataclass
class Source:
    """A running source; ``calls`` are the requests it got, in order."""

    url: str
    calls: list[Call] = field(default_factory=list)

    @property
    def queries(self) -> list[dict[str, str]]:
        return [call.query for call in self.calls]


@contextmanager
def serving(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[Source]:
    """A source that answers its first call by the first script, and so on; the last one stays."""
    gone = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        origin = "https://localhost" if tls else "http://127.0.0.1"
        source = Source(f"{origin}:{listening.getsockname()[1]}/api/v1")
        open_ones: list[socket.socket] = []
        threads: list[Thread] = []

        def wrapped(plain: socket.socket) -> socket.socket:
            return tls.wrap_socket(plain, server_side=True) if tls else plain

        def connection(plain: socket.socket) -> None:
            with suppress(OSError), wrapped(plain) as one, one.makefile("rb") as file:
                while line := file.readline().decode("latin-1").strip():
                    pairs = iter(lambda: file.readline().decode("latin-1").strip(), "")
                    headers = {k.lower(): v for k, _, v in (pair.partition(": ") for pair in pairs)}
                    body = file.read(int(headers.get("content-length", 0)))
                    call = Call(line, headers, one, gone, body)
                    source.calls.append(call)
                    scripts[min(len(source.calls), len(scripts)) - 1](call)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    one, _ = listening.accept()
                    open_ones.append(one)
                    threads.append(Thread(target=connection, args=(one,)))
                    threads[-1].start()

        accepting = Thread(target=accept)
        accepting.start()
        try:
            yield source
        finally:
            gone.set()
            for one in (listening, *open_ones):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for thread in threads:
                thread.join(5)


def cut(call: Call) -> None:
    """Half of a body, then nothing."""
    call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[1")
    call.socket.shutdown(socket.SHUT_RDWR)


def silent(call: Call) -> None:
    """Nothing at all."""
    call.gone.wait()
