"""A door for tills, who stands before it, and how they sign: after the documentation, without the
product's own code.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event, Thread
from typing import Any

from flask import Flask, Response, jsonify, request
from sqlalchemy import event, func, select
from waitress import wasyncore
from waitress.server import create_server
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.test import TestResponse

from api.till import devices
from api.web import access
from db import bulk
from db.catalogue import shops
from db.models import Terminal
from db.session import engine, reading, writing
from db.tills import terminals

PATH = "/api/v2/simple/essai/"
SERIAL = "0a1badae951f8473"
OTHER = "ffffffffffffffff"


class Door:
    """GET tells who asks, POST keeps one more shop, named by its body."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.failing = False
        """Whether the next POST fails after it has written."""

        @app.get(PATH)
        @access.allow("terminal")
        def who() -> Response:
            return jsonify(asdict(devices.current()))

        @app.post(PATH)
        @access.allow("terminal")
        def keep() -> Response:
            with writing() as session:
                devices.spend(session)
                shops.add(session, name=request.get_data(as_text=True))
                if self.failing:
                    self.failing = False
                    raise ServiceUnavailable
            return jsonify(kept=True)

    def send(
        self,
        what: str = f"GET {PATH}",
        *,
        serial: str | None = SERIAL,
        address: str = "192.0.2.7",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> TestResponse:
        """``send("POST /…", body=…)``."""
        method, _, target = what.partition(" ")
        told = dict(headers or {}) | ({} if serial is None else {"X-Device-Serial": serial})
        origin = {"REMOTE_ADDR": address}
        with self.app.test_client() as client:
            return client.open(
                target, method=method, headers=told, data=body, environ_overrides=origin
            )

    def send_signed(
        self, token: str, what: str = f"GET {PATH}", *, body: bytes = b"", **signing: Any
    ) -> TestResponse:
        """As ``send``, with a signature of its own."""
        method, _, target = what.partition(" ")
        headers = signed(method, target, token, body=body, **signing)
        return self.send(what, headers=headers, body=body)


def signed(
    method: str,
    target: str,
    token: str,
    *,
    body: bytes = b"",
    timestamp: str | None = None,
    nonce: str | None = None,
) -> dict[str, str]:
    """The headers beside X-Device-Serial; ``timestamp`` is now unless said otherwise."""
    # To the microsecond: two requests of one second are two signatures.
    moment = timestamp or f"{time.time():.6f}"
    lines = [method, target, moment, hashlib.sha256(body).hexdigest()]
    headers = {"X-Device-Timestamp": moment}
    if nonce is not None:
        lines.append(nonce)
        headers["X-Device-Nonce"] = nonce
    message = "\n".join(lines).encode()
    headers["X-Device-Signature"] = hmac.new(token.encode(), message, hashlib.sha256).hexdigest()
    return headers


def furnish() -> int:
    """A shop with two tills; the id of the one that has ``SERIAL``."""
    with writing() as session:
        shop = shops.add(session, name="Ma Boutique", currency="CDF", timezone="Africa/Kinshasa")
        terminals.add(session, shop_id=shop.id, serial=OTHER, name="Autre")
        return terminals.add(session, shop_id=shop.id, serial=SERIAL, name="Caisse 1").id


def set_level(level: int, serial: str = SERIAL) -> str:
    """The till is at that level now; its token, empty at level 0."""
    with writing() as session:
        return terminals.set_level(session, terminals.find(session, serial), level) or ""


def read(till_id: int) -> Terminal:
    with reading() as session:
        return session.get_one(Terminal, till_id)


def code(answer: TestResponse) -> tuple[int, str | None]:
    """Status and code."""
    document = answer.get_json()
    return answer.status_code, document.get("code") if document else None


def count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def clock(seconds: float = 0) -> float:
    """The database's clock, ``seconds`` from now."""
    with reading() as session:
        return bulk.now(session).timestamp() + seconds


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the store is asked inside."""
    told: list[str] = []

    def listen(*args: Any) -> None:
        told.append(args[2])

    event.listen(engine(), "before_cursor_execute", listen)
    try:
        yield told
    finally:
        event.remove(engine(), "before_cursor_execute", listen)


@contextmanager
def listening(app: Flask) -> Iterator[int]:
    """``app`` behind the server of ``manage.py web``; its port."""
    sockets: dict[int, Any] = {}
    server: Any = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=2)
    over = Event()

    def run() -> None:
        while not over.is_set():
            wasyncore.loop(timeout=0.05, use_poll=True, map=sockets, count=1)

    thread = Thread(target=run)
    thread.start()
    try:
        yield server.effective_port
    finally:
        over.set()
        thread.join()
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
