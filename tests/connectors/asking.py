"""Asking a source once, and what it may answer."""

from __future__ import annotations

import pytest

from connectors import errors
from tests.connectors.source import Call, Script

KEY = "b2c_1_secret"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def fine(call: Call) -> None:
    call.answer({"results": []})


def status(code: int, **headers: str) -> Script:
    return lambda call: call.answer(None, status=code, body=b"", **headers)


def refused(ask, source, kind, **options):
    with pytest.raises(errors.APIError) as error:
        ask(source.url, **options)
    assert type(error.value) is kind
    assert KEY not in str(error.value)
    assert "?" not in str(error.value)
    return error.value
