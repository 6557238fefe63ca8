"""From a response's bytes to JSON: bounded in size, in time and in depth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import IO

from urllib3 import BaseHTTPResponse

from connectors.errors import AnswerError, TooLargeError
from connectors.http.charset import text
from connectors.http.deadline import Deadline

_CHUNK = 64 * 1024


def read(raw: BaseHTTPResponse, *, call: str, most: int, deadline: Deadline) -> bytes:
    """The whole decoded body.

    Raises ``TooLargeError`` over ``most`` decoded bytes (a small gzip may hold gigabytes),
    ``TimeoutError`` at the deadline, and urllib3's errors.
    """
    body = bytearray()
    for chunk in _chunks(raw, call=call, most=most, deadline=deadline):
        body += chunk
    return bytes(body)


def spool(
    raw: BaseHTTPResponse, file: IO[bytes], *, call: str, most: int, deadline: Deadline
) -> None:
    """As ``read``, into ``file``: what is too large for memory is read from there as a stream."""
    for chunk in _chunks(raw, call=call, most=most, deadline=deadline):
        file.write(chunk)


def _chunks(raw: BaseHTTPResponse, *, call: str, most: int, deadline: Deadline) -> Iterator[bytes]:
    too_large = TooLargeError(
        f"{call}: the answer is over {most} bytes, which is more than we hold",
        status_code=raw.status,
    )
    declared = raw.headers.get("Content-Length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > most:  # noqa: PLR2004 - 64 bits
        raise too_large
    came = 0
    # `read1` returns what has come and does not wait for a chunk to be full.
    while chunk := raw.read1(_CHUNK, decode_content=True):
        came += len(chunk)
        if came > most:
            raise too_large
        if not deadline.remaining():
            raise TimeoutError("the deadline has passed")
        yield chunk


def decode(body: bytes, content_type: str, *, call: str) -> object:
    """The JSON in ``body``; ``AnswerError`` when it is none.

    NaN, infinities and numbers of thousands of digits become floats: they spoil their record,
    not the page.
    """
    if not body.strip():
        raise AnswerError(f"{call}: the answer is empty")
    check_type(content_type, call=call)
    try:
        return _loads(text(body, content_type, call=call), int)
    except RecursionError as error:
        raise AnswerError(f"{call}: the answer is nested too deeply") from error
    except json.JSONDecodeError as error:
        # The error itself quotes the body.
        raise AnswerError(f"{call}: the answer is broken JSON ({type(error).__name__})") from None


def check_type(content_type: str, *, call: str) -> None:
    """``AnswerError`` unless the answer is declared as JSON."""
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        printed = ascii(media)[1:-1][:60]
        raise AnswerError(f"{call}: the answer is {printed or 'of no type'}, not JSON")


def _loads(body: str, parse_int: Callable[[str], int | float]) -> object:
    try:
        if parse_int is int:
            return json.loads(body)
        return json.loads(body, parse_int=parse_int)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # Python refuses integers of over 4300 digits; only then is the slower way taken.
        return _loads(body, _whole)


def _whole(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)
