"""What can go wrong with a source, typed by what to do next.

APIError                    any of these; ``status_code``, ``is_retriable``
├── RetriableError          ConnectionError, RateLimitError, ServerError, AnswerError,
│                           CircuitOpenError
└── FatalError              AuthenticationError (ReauthorizeError), ForbiddenError, RequestError
                            (OtherContentError), TooLargeError, PaginationError, NotSupported
"""

from __future__ import annotations

from typing import Self

from core.advice import Advised, Sentence
from core.errors import FatalError, RetriableError, SyncError


class APIError(SyncError):
    """A source did not answer as requested; ``status_code`` is None without a response.

    ``unsent``: the request surely never reached it, so nothing was done there. ``reason`` is the
    source's own word for a refusal (``INVALID_CURSOR``), None when it gives none.
    """

    code = "API"
    reason: str | None = None

    def __init__(
        self,
        message: Sentence,
        *,
        status_code: int | None = None,
        retry_after: float | None = None,
        code: str | None = None,
        unsent: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.message = str(message)
        self.status_code = status_code
        self.retry_after = retry_after
        self.unsent = unsent

    def because(self, reason: str | None) -> Self:
        """This error with the source's ``reason``, also in its message."""
        if reason is not None:
            self.reason = reason
            self.message = f"{self.message} ({reason})"
            self.args = self.sentences = (self.message,)
        return self

    @property
    def is_retriable(self) -> bool:
        """Whether the same call may succeed later, no sooner than ``retry_after`` seconds."""
        return isinstance(self, RetriableError)


class AuthenticationError(APIError, FatalError):
    """401: the key is refused. A retry would only lock it out."""

    code = "AUTHENTICATION"


class ReauthorizeError(AuthenticationError):
    """The connector ``name`` has no authorisation, or lost it: nothing more is sent until a person
    gives it.
    """

    code = "REAUTHORIZE"

    def __init__(self, name: str, *, status_code: int | None = None) -> None:
        # In plain text it names the command, for who uses connectors from Python has no door.
        text = f"{name} must be authorised: connectors authorize {name}"
        super().__init__(
            Advised(text, "reauthorize", {"connector": name}), status_code=status_code, unsent=True
        )
        self.name = name


class ForbiddenError(APIError, FatalError):
    """403: the key is known but lacks the right for this endpoint."""

    code = "FORBIDDEN"


class RateLimitError(APIError, RetriableError):
    """429: no call before ``retry_after`` seconds have passed (None: not given)."""

    code = "RATE_LIMIT"


class ConnectionError(APIError, RetriableError):  # noqa: A001 - the name users of the API know
    """Nothing came, or not all of it: network, timeout, TLS, a connection cut."""

    code = "CONNECTION"


class ServerError(APIError, RetriableError):
    """5xx: the source is in trouble; ``retry_after`` if it gives one."""

    code = "SERVER"


class CircuitOpenError(APIError, RetriableError):
    """The source failed again and again: nothing is sent to it for ``retry_after`` seconds."""

    code = "CIRCUIT_OPEN"


class RequestError(APIError, FatalError):
    """Another 4xx, or a redirect: the source will not do what we ask, however often we retry."""

    code = "REQUEST"


class OtherContentError(RequestError):
    """The vendor knows our number for this, with another content; nothing was changed."""

    code = "OTHER_CONTENT"


class AnswerError(APIError, RetriableError):
    """A good status with an answer we cannot read: HTML, nothing, broken JSON, another shape."""

    code = "ANSWER"


class TooLargeError(APIError, FatalError):
    """The answer is larger than we are ready to hold."""

    code = "TOO_LARGE"


class PaginationError(APIError, FatalError):
    """``next`` leads in circles, away from the source, or never ends."""

    code = "PAGINATION"


class NotSupported(APIError, FatalError):  # noqa: N818 - the name users of the API know
    """The vendor has no such thing; nothing was sent."""

    code = "NOT_SUPPORTED"

    def __init__(self, what: str) -> None:
        super().__init__(what, unsent=True)
