"""Errors, typed by what to do next.

MoulinError                 code: a stable word for machines
├── ConfigurationError      stop; a setting is wrong (exit 78)
├── RefusedError            an order cannot be carried out as given; nothing was changed
│   └── NotFoundError       it names something that does not exist
└── SyncError
    ├── RetriableError      the same call may succeed later (``retry_after`` seconds)
    ├── FatalError          the run ends; trying again without a person changes nothing
    └── SkippableError      this one record is refused; the run goes on
"""

from __future__ import annotations

from collections.abc import Sequence

from core.advice import Advised, Sentence


class MoulinError(Exception):
    """Anything we raise on purpose; the message may be shown to a person."""

    code = "ERROR"

    def __init__(self, message: Sentence, *, code: str | None = None) -> None:
        super().__init__(str(message))
        self.sentences: Sequence[Sentence] = (message,)
        if code is not None:
            self.code = code


class ConfigurationError(MoulinError):
    """Settings that cannot work: every problem at once, each with what to do."""

    code = "CONFIGURATION"

    def __init__(self, *problems: Sentence) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.sentences = problems

    @property
    def problems(self) -> Sequence[str]:
        """Each in plain words."""
        return tuple(map(str, self.sentences))


class RefusedError(MoulinError):
    """The order names something that does not exist or is not in a state for it."""

    code = "REFUSED"


class NotFoundError(RefusedError):
    """There is no ``what`` of this ``ident``, as in "run" 12, or "key" "named 'b2b'"."""

    def __init__(self, what: str, ident: object) -> None:
        super().__init__(Advised(f"There is no {what} {ident}.", f"no {what}"))
        self.what = what


class SyncError(MoulinError):
    """Something went wrong while a sync ran."""

    code = "SYNC"


class RetriableError(SyncError):
    """The same call may succeed later, no sooner than ``retry_after`` seconds."""

    code = "RETRIABLE"

    def __init__(
        self, message: str, *, retry_after: float | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class FatalError(SyncError):
    """The run must end and a person must act; the message names where to look."""

    code = "FATAL"


class SkippableError(SyncError):
    """One record is refused: ``field`` is its path (``lignes.0.prix``), empty for the whole."""

    code = "INVALID"

    def __init__(self, message: str, *, field: str = "", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field
