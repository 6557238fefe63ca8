"""Who does it, and why: every act asks for it and keeps it in the audit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.access import audit


@dataclass(frozen=True)
class By:
    """``who`` as the audit writes it (``operator:ada``, ``cli:root``), and the reason given."""

    who: str
    why: str | None = None

    def note(self, session: Session, what: str, subject: str, **details: object) -> None:
        """Keep the act in the transaction that carries it out. No secret belongs in ``details``."""
        audit.note(session, who=self.who, what=what, subject=subject, why=self.why, **details)
