"""Why a source refuses a request, in its own word: ``INVALID_CURSOR``, ``insufficient_scope``."""

from __future__ import annotations

import re
from dataclasses import replace

import requests
import urllib3

from connectors.errors import APIError
from connectors.http.deadline import Deadline
from connectors.http.response import Response

_MOST = 64 * 1024
_PATIENCE = 2.0
"""Seconds; the status is known, and what the body adds is not worth more."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}").fullmatch
_ENVELOPES = ("errors", "data")
_NAMES = ("code", "error", "category")


def of(response: Response) -> str | None:
    """The first error code in the body of a refusal; None for a body that has none.

    A word only, for the sentences around it may hold somebody's name. Square: ``errors[].code``.
    """
    deadline = Deadline(min(_PATIENCE, response.deadline.remaining()))
    try:
        with deadline.running():
            return word(replace(response, deadline=deadline).json(most=_MOST, may_be_empty=True))
    except (APIError, requests.RequestException, urllib3.exceptions.HTTPError, OSError):
        # The status has said what matters; a body that is cut or unreadable takes nothing away.
        return None


def word(body: object, *, deeper: bool = True) -> str | None:
    """The first error code in ``body``, or ``deeper`` in its list of errors; None without one."""
    if isinstance(body, list):
        body = body[0] if body else None
    if not isinstance(body, dict):
        return None
    for name in _NAMES:
        if isinstance(found := body.get(name), str) and _WORD(found):
            return found
    within = (word(body.get(name), deeper=False) for name in _ENVELOPES if deeper)
    return next(filter(None, within), None)
