"""What is personal, at rest: sealed (``SEAL_PERSONAL_DATA``), with a mark to find it by."""

from __future__ import annotations

import re

from core import crypto
from core.settings import settings

_NO_DIGIT = re.compile(r"[^0-9+]")


def conceal(text: str | None) -> str | None:
    """As it is kept."""
    if text is None:
        return None
    # What only looks sealed must be sealed: nobody could distinguish the two.
    return crypto.seal(text) if settings().seal_personal_data or crypto.is_sealed(text) else text


def reveal(kept: str | None) -> str | None:
    """What was concealed; also what was kept before somebody chose to seal."""
    return crypto.unseal(kept) if kept is not None and crypto.is_sealed(kept) else kept


def mark_email(address: str | None) -> str | None:
    """Equal for all spellings of one address: blanks around it and capitals do not count."""
    return _mark(address.strip().casefold()) if address else None


def mark_phone(number: str | None) -> str | None:
    """Equal for all spellings of one number: blanks, dots and dashes do not count."""
    return _mark(_NO_DIGIT.sub("", number)) if number else None


def mark_text(text: str | None) -> str | None:
    """Equal for texts that are equal to the letter."""
    return _mark(text) if text else None


def _mark(text: str) -> str | None:
    return crypto.marks(text)[0] if text else None
