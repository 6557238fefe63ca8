"""Dying at a named moment: raised by SQLAlchemy's own events, no code of ours is touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db.session import engine

MOMENTS = ("before", "after", "within")


class Killed(BaseException):
    """As by SIGKILL: nobody catches it, nothing is tidied up but the transaction."""


class Bug(Exception):  # noqa: N818, it says what happened
    """A mistake of our own, in the middle of the work."""


def away() -> OperationalError:
    """What one sees of a database that breaks off."""
    return OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))


@dataclass
class Crash:
    """Strikes once: before or after the commit of the n-th ``transaction``, or within it, before
    its ``statement``-th statement (those that the driver gets past SQLAlchemy are not counted).
    """

    error: BaseException
    transaction: int
    moment: str
    statement: int = 1
    struck: bool = False
    _begun: int = 0
    _statements: int = 0
    _sessions: list[Session] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The error's."""
        return type(self.error).__name__

    @contextmanager
    def armed(self) -> Iterator[None]:
        """It may strike inside the block."""
        listened: list[tuple[Any, str, Any]] = [
            (Session, "after_begin", self._after_begin),
            (Session, "before_commit", self._before_commit),
            (Session, "after_commit", self._after_commit),
            (engine(), "before_cursor_execute", self._before_statement),
        ]
        for each in listened:
            event.listen(*each)
        try:
            yield
        finally:
            for each in listened:
                event.remove(*each)

    def _after_begin(self, session: Session, *_: Any) -> None:
        # A savepoint's session is one that has begun already.
        if not self._sessions or self._sessions[-1] is not session:
            self._sessions.append(session)
            self._begun += 1
            self._statements = 0

    def _before_commit(self, session: Session) -> None:
        if not session.in_nested_transaction():
            self._strike("before")

    def _after_commit(self, session: Session) -> None:
        self._strike("after")

    def _before_statement(self, *_: Any) -> None:
        self._statements += 1
        if self._statements == self.statement:
            self._strike("within")

    def _strike(self, moment: str) -> None:
        if not self.struck and (self._begun, moment) == (self.transaction, self.moment):
            self.struck = True
            raise self.error
