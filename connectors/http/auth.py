"""Credentials, put on each request; a refused one may be tried once more with new ones."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Protocol

from connectors.http.request import Request
from connectors.http.response import Response
from core.errors import ConfigurationError

_TEMPLATE = re.compile(r"([A-Za-z0-9-]+):[ ]*([\x20-\x7e]*\{key\}[\x20-\x7e]*)").fullmatch


class Auth(Protocol):
    """How a source knows us."""

    def authorize(self, request: Request) -> Request:
        """``request`` with our credentials."""

    def again(self, request: Request, response: Response) -> bool:
        """Whether to send ``request`` once more after ``response`` refused it, with the credentials
        that ``authorize`` gives then, such as a refreshed token. A call is repeated so only once.
        """


@dataclass(frozen=True, slots=True)
class Header:
    """Credentials that never change, in one header."""

    name: str
    value: str = field(repr=False)

    def authorize(self, request: Request) -> Request:
        """With the header."""
        return request.with_headers({self.name: self.value})

    def again(self, request: Request, response: Response) -> bool:
        """Never: the same credentials would be refused again."""
        return False


class Anonymous:
    """No credentials."""

    def authorize(self, request: Request) -> Request:
        """As it is."""
        return request

    def again(self, request: Request, response: Response) -> bool:
        """Never."""
        return False


def key(template: str, key: str, *, where: str) -> Header:
    """A key in a header like ``Authorization: Bearer {key}`` or ``X-API-Key: {key}``.

    Raises ``ConfigurationError``, which never shows the key, when there is none or when it cannot
    go in a header; ``where`` names where to look.
    """
    match = _TEMPLATE(template)
    if match is None:
        raise ConfigurationError(
            "the template of the key's header must look like 'Authorization: Bearer {key}'."
        )
    key = key.strip()
    if not key:
        raise ConfigurationError(f"there is no API key; {where}.")
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"the API key holds characters no header can carry; {where}.")
    return Header(match[1], match[2].replace("{key}", key))


def bearer(token: str, *, where: str) -> Header:
    """A token (RFC 6750). Raises as ``key``."""
    return key("Authorization: Bearer {key}", token, where=where)


def basic(username: str, password: str, *, where: str) -> Header:
    """A name and a password (RFC 7617), in UTF-8.

    Raises ``ConfigurationError``, which shows neither, for a name that the scheme cannot carry.
    """
    if not username or ":" in username or not (username + password).isprintable():
        raise ConfigurationError(
            f"the user is empty, holds a colon, or one of both an unprintable character; {where}."
        )
    pair = b64encode(f"{username}:{password}".encode()).decode()
    return Header("Authorization", f"Basic {pair}")
