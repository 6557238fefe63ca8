"""Somebody with a browser: keeps cookies, and fills in the forms of the last page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from itsdangerous import base64_decode
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

import api
import core.settings

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
ADDRESS = "192.0.2.7"


class Visitor:
    """Speaks French unless said otherwise; ``csrf`` is the word of the last form that was seen."""

    def __init__(self, app: Flask, *, language: str = "fr", address: str = ADDRESS) -> None:
        self.client = app.test_client()
        self.headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": language}
        self.address = address
        self.csrf = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._open("GET", path, **more)

    def post(self, path: str, data: Any = None, *, csrf: str | None = None, **more: Any) -> Any:
        """A form of ours, unless another ``csrf`` is given."""
        word = self.csrf if csrf is None else csrf
        return self._open("POST", path, data={**(data or {}), **({"csrf": word} if word else {})},
                          **more)  # fmt: skip

    def log_in(self, token: str, **more: Any) -> TestResponse:
        self.get("/login")
        answer: TestResponse = self.post("/login", {"token": token, **more})
        self.get("/inventory/status/")
        return answer

    def cookie(self) -> str:
        """The session's cookie as it is sent; empty without one."""
        found = self.client.get_cookie("moulin") or self.client.get_cookie("__Host-moulin")
        return found.value if found is not None else ""

    def keep(self, cookie: str, name: str = "moulin") -> None:
        """Hold this cookie, for as long as the test wants."""
        self.client.set_cookie(name, cookie)

    def _open(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        answer: TestResponse = self.client.open(
            path, method=method, headers=headers,
            environ_overrides={"REMOTE_ADDR": self.address}, **more,
        )  # fmt: skip
        if found := CSRF.search(answer.get_data(as_text=True)):
            self.csrf = found[1]
        return answer


def inside(cookie: str) -> dict[str, Any]:
    """What anybody who holds the cookie can read in it."""
    body = cookie.removeprefix(".").split(".")[0]
    raw = base64_decode(body)
    if cookie.startswith("."):
        import zlib  # noqa: PLC0415, only long ones are packed

        raw = zlib.decompress(raw)
    found: dict[str, Any] = json.loads(raw)
    return found


def flags(answer: TestResponse) -> set[str]:
    """The attributes of the cookie that the answer sets, without its value and its end."""
    line = answer.headers["Set-Cookie"]
    parts = [part.strip() for part in line.split(";")]
    return {next(iter(parse_cookie(parts[0])))} | {
        part for part in parts[1:] if not part.startswith("Expires")
    }


def another(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application with other settings, on the same store."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    core.settings.reset()
    return api.create_app()


def is_in(visitor: Visitor) -> bool:
    """Whether the session opens what is for operators."""
    return visitor.get("/api/ops/syncs").status_code == 200
