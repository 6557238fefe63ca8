"""Holds what a stand-in is asked and what it answers against the vendor's own description."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from sandbox.messages import Answer, Request
from sandbox.source import Source

SPECS = Path(__file__).parent / "specs"


class Description:
    """A vendor's description; ``violations`` are what did not keep to it, in order."""

    def __init__(self, name: str) -> None:
        described = json.loads((SPECS / f"{name}.json").read_text("utf-8"))
        self._host = described["servers"][0]["url"]
        self._spec = OpenAPI.from_dict(described)
        self.violations: list[str] = []

    def watch(self, source: Source, *, answers: bool = True) -> None:
        """Check each request of ``source``, and each answer of JSON that comes whole."""
        answer = source.answer

        def watched(request: Request) -> Answer:
            asked = self._asked(request)
            said = answer(request)
            # What nobody may ask is refused before it is looked at.
            if said.status != 404:
                self._note(request, self._spec.iter_request_errors(asked))
            if answers and said.content_type == "application/json" and said.delivery.sent is None:
                given = MockResponse(bytes(said.body), said.status)
                self._note(request, self._spec.iter_response_errors(asked, given))
            return said

        source.answer = watched  # type: ignore[method-assign]  # every request goes through it

    def _asked(self, request: Request) -> MockRequest:
        return MockRequest(
            self._host,
            request.method.lower(),
            request.path,
            args=dict(request.parameters),
            headers=dict(request.headers),
            data=request.body or None,
        )

    def _note(self, request: Request, errors: Iterable[Exception]) -> None:
        for error in errors:
            cause = error.__cause__
            details = [
                f"{'.'.join(map(str, each.absolute_path))}: {each.message[:200]}"
                for each in getattr(cause, "schema_errors", ())
            ]
            said = ", ".join(details) or repr(cause or error)
            self.violations.append(
                f"{request.method} {request.path}: {type(error).__name__}: {said}"
            )
