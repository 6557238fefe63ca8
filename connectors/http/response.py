"""A response: status and headers at once, the body when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import IO

import requests

from connectors.http import charset, codec, retry_after
from connectors.http.deadline import Deadline


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A success: the parsed JSON, the headers (names in any case) and the status."""

    data: object
    headers: Mapping[str, str]
    status: int

    @property
    def now(self) -> datetime | None:
        """The source's clock by its ``Date``, aware; None when it gives none that can be read."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date") or "")
        except (ValueError, OverflowError):
            return None
        return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What came to ``call``; its body is read once, and not beyond ``deadline``."""

    raw: requests.Response
    call: str
    deadline: Deadline

    @property
    def status(self) -> int:
        """The status code."""
        return self.raw.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in any case."""
        return self.raw.headers

    @property
    def retry_after(self) -> float | None:
        """The seconds of its ``Retry-After``."""
        return retry_after.seconds(self.headers.get("Retry-After"), now=datetime.now(UTC))

    def json(self, *, most: int, may_be_empty: bool = False) -> object:
        """The body as JSON, up to ``most`` bytes; None for 204, and for nothing where that may be.

        Raises ``AnswerError`` for what is none, and ``TooLargeError``.
        """
        if self.status == HTTPStatus.NO_CONTENT:
            return None
        body = codec.read(self.raw.raw, call=self.call, most=most, deadline=self.deadline)
        if may_be_empty and not body.strip():
            return None
        return codec.decode(body, self.headers.get("Content-Type", ""), call=self.call)

    def spool(self, file: IO[bytes], *, most: int) -> None:
        """The body of JSON into ``file`` in UTF-8, from its start; up to ``most`` bytes."""
        content_type = self.headers.get("Content-Type", "")
        codec.check_type(content_type, call=self.call)
        file.seek(0)
        file.truncate()
        codec.spool(self.raw.raw, file, call=self.call, most=most, deadline=self.deadline)
        charset.recode(file, content_type, call=self.call)
