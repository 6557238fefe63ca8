"""A request as a value, before credentials and sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """``verb`` on ``path`` below the source's address. One that is ``idempotent`` may be repeated
    when nobody knows whether the first was carried out.
    """

    verb: str
    path: str
    idempotent: bool
    # None of these is printed: each may hold a key or somebody's name.
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same with these headers; of two with one name the newer holds."""
        return replace(self, headers={**self.headers, **headers})

    @classmethod
    def get(
        cls, path: str, params: Mapping[str, str] = NOTHING, headers: Mapping[str, str] = NOTHING
    ) -> Self:
        """A read."""
        return cls(verb="GET", path=path, params=params, headers=headers, idempotent=True)

    @classmethod
    def write(
        cls, verb: str, path: str, body: object, headers: Mapping[str, str], *, idempotent: bool
    ) -> Self:
        """A write, or a search with a body: ``body`` as JSON, None for no body.

        Raises ``ValueError`` for a number that JSON does not have.
        """
        if body is None:
            return cls(verb=verb, path=path, headers=headers, idempotent=idempotent)
        return cls(
            verb=verb,
            path=path,
            headers={"Content-Type": "application/json", **headers},
            body=json.dumps(body, allow_nan=False).encode(),
            idempotent=idempotent,
        )
