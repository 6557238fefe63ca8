"""What goes wrong with an answer, whatever the source: its status, its body, its way to us."""
# ruff: noqa: D102  (a fault is one hook, and its class says what it does)

import json
import time
import zlib
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from pydantic import Field, NonNegativeInt, PositiveInt

from sandbox.faults.fault import Fault
from sandbox.messages import Answer, dumps, json_answer

_MEBIBYTE = 1024 * 1024

_PROXY_PAGE = """<html>
<head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>nginx</center></body>
</html>
"""


class Status(Fault):
    """An error status; from 500 on with the page of the proxy in front instead of JSON.

    ``retry_after`` is sent as it is given, garbage included; ``retry_at`` is sent as the HTTP-date
    that many seconds from now.
    """

    status: int = Field(ge=200, le=599)
    retry_after: int | str | None = None
    retry_at: float | None = None

    def on_answer(self, answer: Answer) -> Answer:
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Error"
        error = json_answer({"detail": phrase}, self.status)
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            error = _html(self.status, f"{self.status} {phrase}")
        return replace(error, headers=self._headers(), delivery=answer.delivery)

    def _headers(self) -> dict[str, str]:
        if self.retry_at is not None:
            return {"Retry-After": _date(self.retry_at)}
        if self.retry_after is not None:
            return {"Retry-After": str(self.retry_after)}
        return {}


class Hang(Fault):
    """Silence, then the connection is closed without an answer; 0 seconds closes it at once."""

    seconds: float = Field(default=60.0, ge=0)

    def on_answer(self, answer: Answer) -> Answer:
        return replace(answer, delivery=replace(answer.delivery, delay=self.seconds, silent=True))


class Slow(Fault):
    """The right answer, late."""

    seconds: float = Field(default=1.0, ge=0)

    def on_answer(self, answer: Answer) -> Answer:
        delay = answer.delivery.delay + self.seconds
        return replace(answer, delivery=replace(answer.delivery, delay=delay))


class Trickle(Fault):
    """The right answer, a byte every ``seconds``; the headers too if ``head``."""

    seconds: float = Field(default=1.0, ge=0)
    head: bool = False

    def on_answer(self, answer: Answer) -> Answer:
        delivery = replace(answer.delivery, pace=self.seconds, pace_head=self.head)
        return replace(answer, delivery=delivery)


class Cut(Fault):
    """The connection is closed after ``keep`` bytes of the body, by default half of them."""

    keep: NonNegativeInt | None = None

    def on_answer(self, answer: Answer) -> Answer:
        keep = len(answer.body) // 2 if self.keep is None else self.keep
        return replace(answer, delivery=replace(answer.delivery, sent=keep))


class HTML(Fault):
    """A page for people with status 200, as a proxy or a maintenance mode sends it."""

    def on_answer(self, answer: Answer) -> Answer:
        return replace(_html(HTTPStatus.OK, "Site en maintenance"), delivery=answer.delivery)


class XML(Fault):
    """XML with status 200."""

    def on_answer(self, answer: Answer) -> Answer:
        body = b"<?xml version='1.0'?><erreur>Indisponible</erreur>"
        return replace(answer, status=200, body=body, content_type="application/xml")


class Empty(Fault):
    """Status 200 and not a byte of body."""

    def on_answer(self, answer: Answer) -> Answer:
        return replace(answer, status=200, body=b"")


class WrongType(Fault):
    """The right body under another content type; an empty one leaves the header away."""

    content_type: str = "text/html; charset=utf-8"

    def on_answer(self, answer: Answer) -> Answer:
        return replace(answer, content_type=self.content_type)


class Truncated(Fault):
    """Only the first ``keep`` bytes of the body, by default half, and a length that agrees."""

    keep: NonNegativeInt | None = None

    def on_answer(self, answer: Answer) -> Answer:
        keep = len(answer.body) // 2 if self.keep is None else self.keep
        return replace(answer, body=bytes(answer.body)[:keep])


class Missing(Fault):
    """The right answer without one of its fields."""

    field: str = "data"

    def on_answer(self, answer: Answer) -> Answer:
        told = json.loads(bytes(answer.body))
        told.pop(self.field, None)
        return replace(answer, body=dumps(told).encode())


class Charset(Fault):
    """The right text in another charset; the header names ``declared``, or none."""

    charset: str = "iso-8859-1"
    declared: str | None = "iso-8859-1"

    def on_answer(self, answer: Answer) -> Answer:
        body = bytes(answer.body).decode().encode(self.charset, "xmlcharrefreplace")
        named = "" if self.declared is None else f"; charset={self.declared}"
        return replace(answer, body=body, content_type=f"{answer.content_type}{named}")


class NextEnds(Fault):
    """The last page's ``next`` is another word for none."""

    value: str | int | bool | list[str] = ""

    def on_answer(self, answer: Answer) -> Answer:
        told = json.loads(bytes(answer.body))
        if told.get("next") is None:
            told["next"] = self.value
        return replace(answer, body=dumps(told).encode())


class Redirect(Fault):
    """A redirection, by default to a host that is not ours."""

    to: str = "http://elsewhere.invalid/"
    status: int = Field(default=302, ge=300, le=399)

    def on_answer(self, answer: Answer) -> Answer:
        return replace(answer, status=self.status, body=b"", headers={"Location": self.to})


class GzipBomb(Fault):
    """A small compressed body that becomes an empty list of ``size`` bytes."""

    size: PositiveInt = 200 * _MEBIBYTE

    def on_answer(self, answer: Answer) -> Answer:
        headers = {**answer.headers, "Content-Encoding": "gzip"}
        return replace(answer, body=_bomb(self.size), headers=headers)


@lru_cache(maxsize=4)
def _bomb(size: int) -> bytes:
    # Spaces between the brackets are JSON: a client without a limit reads all of them.
    press = zlib.compressobj(level=9, wbits=31)
    parts = [press.compress(b"[")]
    spaces = b" " * _MEBIBYTE
    parts += [press.compress(spaces) for _ in range(size // _MEBIBYTE)]
    parts += [press.compress(spaces[: size % _MEBIBYTE]), press.compress(b"]"), press.flush()]
    return b"".join(parts)


def _html(status: int, title: str) -> Answer:
    body = _PROXY_PAGE.format(title=title).encode()
    return Answer(status, body, content_type="text/html; charset=utf-8")


def _date(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)
