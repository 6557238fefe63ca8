"""How a till's requests travel: proven as its level asks, on a line that may break."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

import requests

PATIENCE = (5.0, 60.0)
"""Seconds to connect, and to be answered."""
IMPATIENCE = (5.0, 0.001)


class Loss(StrEnum):
    """What becomes of an exchange, other than that it goes well."""

    ANSWER = "answer"
    """The answer was on its way, and nobody hears it."""
    CUT = "cut"
    """The till hangs up as soon as its request is out."""
    HALF = "half"
    """The line breaks in the middle of the request."""


class Line:
    """A till's connection. ``level``: 0 the serial alone, 1 a token beside it, 2 a signature."""

    def __init__(self, serial: str, *, level: int = 0, token: str = "") -> None:
        self.serial = serial
        self.level = level
        self.token = token
        self._session = requests.Session()
        # No proxy and no .netrc of this machine: a till has neither.
        self._session.trust_env = False

    def close(self) -> None:
        """Hang up for good."""
        self._session.close()

    def send(
        self, request: requests.Request, *, at: datetime, nonce: str, loss: Loss | None = None
    ) -> requests.Response | None:
        """The answer; None when it was lost. ``at`` is what the till's clock says.

        Raises ``requests.RequestException`` when the line broke and nobody had asked for it.
        """
        request.headers |= {
            "X-Device-Serial": self.serial,
            "Date": format_datetime(at, usegmt=True),
        }
        prepared = self._session.prepare_request(request)
        self._prove(prepared, at, nonce)
        if loss is Loss.HALF:
            prepared.body = _Torn(prepared.body)  # type: ignore[assignment]  # urllib3 reads it
        try:
            answer = self._session.send(
                prepared, timeout=IMPATIENCE if loss is Loss.CUT else PATIENCE
            )
        except requests.RequestException:
            if loss in {Loss.CUT, Loss.HALF}:
                return None
            raise
        return None if loss else answer

    def _prove(self, request: requests.PreparedRequest, at: datetime, nonce: str) -> None:
        if self.level == 1:
            request.headers["X-Device-Token"] = self.token
        if self.level > 1:
            told = f"{at.timestamp():.6f}"
            body = hashlib.sha256(_bytes(request)).hexdigest()
            lines = (request.method or "", request.path_url, told, body, nonce)
            key, message = self.token.encode(), "\n".join(lines).encode()
            request.headers["X-Device-Timestamp"] = told
            request.headers["X-Device-Nonce"] = nonce
            request.headers["X-Device-Signature"] = hmac.new(
                key, message, hashlib.sha256
            ).hexdigest()


def _bytes(request: requests.PreparedRequest) -> bytes:
    body = request.body or b""
    return body.encode() if isinstance(body, str) else bytes(body)


class _Torn:
    """A body that ends in the middle: its length was promised, and half of it is sent."""

    def __init__(self, body: bytes | str | None) -> None:
        whole = body.encode() if isinstance(body, str) else body or b""
        self._half = whole[: len(whole) // 2]

    def __iter__(self) -> Iterator[bytes]:
        yield self._half
        raise ConnectionAbortedError("the line broke")
