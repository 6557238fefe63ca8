"""Texts as they are compared: two spellings that nobody can tell apart are one identifier."""

from __future__ import annotations

import unicodedata

_INVISIBLE = "\u200b\u2060\ufeff"
"""Zero width space, word joiner, byte order mark: exports and scanners leave them at the ends."""


def canonical(text: str) -> str:
    """*text* in NFC, without blanks and invisible characters at its ends.

    Blanks inside and the case of letters stay: ``A 1`` and ``A1``, ``a1`` and ``A1`` differ.
    """
    if text.isascii():
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    while (shorter := text.strip().strip(_INVISIBLE)) != text:
        text = shorter
    return text
