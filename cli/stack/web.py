"""The web process: waitress, tuned to survive slow clients, ending without cutting an answer."""

from __future__ import annotations

import signal
import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from cli.output import say
from core.errors import ConfigurationError

GRACE = 20.0
"""Seconds for answers that are on their way at SIGTERM."""
TICK = 0.5
LARGEST_BODY = 16 * 1024 * 1024
"""Read from the socket at most; the application refuses smaller ones with its own message."""


def serve(application: object, *, host: str, port: int, threads: int, proxy: str = "") -> None:
    """Serve ``application`` until SIGTERM or SIGINT, then finish the answers that were begun.

    A thread is taken by a whole request only, so that a client who sends a byte a second holds
    a socket and no more; silent sockets are closed after ten seconds. The client's address
    is read from ``X-Forwarded-For`` only when ``proxy`` (an address, or ``*``) sends it.
    """
    sockets: dict[int, object] = {}
    server = _listen(application, sockets, host=host, port=port, threads=threads, proxy=proxy)
    stop = Stop()
    say(f"Listening on {_address(server, host)}")
    while not stop.asked:
        _turn(sockets)
    for listener in [each for each in sockets.values() if isinstance(each, BaseWSGIServer)]:
        wasyncore.dispatcher.close(listener)
    deadline = time.monotonic() + GRACE
    while any(map(_busy, list(sockets.values()))) and time.monotonic() < deadline:
        _turn(sockets)
    server.task_dispatcher.shutdown()


def _listen(
    application: object, sockets: dict[int, object], *, host: str, port: int, threads: int,
    proxy: str,
) -> Any:  # fmt: skip
    """Waitress's server, or several in one, for a name with several addresses."""
    try:
        return create_server(
            application,
            map=sockets,
            host=host,
            port=port,
            threads=threads,
            connection_limit=1000,
            channel_timeout=10,
            ident=None,
            trusted_proxy=proxy or None,
            trusted_proxy_headers={"x-forwarded-for"} if proxy else set(),
            # A proxy's header must reach us: with it nobody passes for this machine itself.
            clear_untrusted_proxy_headers=False,
            max_request_body_size=LARGEST_BODY,
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"HOST, PORT: cannot listen on {host}:{port}: {error}.") from error


class Stop:
    """Whether a signal to stop has come."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _turn(sockets: dict[int, object]) -> None:
    # By poll: select knows no socket above 1024, which a thousand clients come near.
    wasyncore.loop(timeout=TICK, use_poll=True, map=sockets, count=1)


def _busy(each: object) -> bool:
    return isinstance(each, HTTPChannel) and bool(each.requests or each.total_outbufs_len)


def _address(server: Any, host: str) -> str:
    if not hasattr(server, "effective_port"):  # a name with several addresses
        return " and ".join(f"http://{where}:{port}" for where, port in server.effective_listen)
    return f"http://{f'[{host}]' if ':' in host else host}:{server.effective_port}"
