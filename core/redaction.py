"""What must not be in a log: secrets go, personal data keeps just enough to recognise it.

Rather a word too many is hidden than a key logged. Every pattern is bounded, so that a hostile
text of a megabyte costs a scan and not a minute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from re import Match
from typing import NamedTuple

HIDDEN = "[redacted]"

_ANNOUNCE_SECRETS = (
    r"authorization|token|secret|passw(?:or)?d|passphrase|api[-_]?key|encryption[-_]?key"
    r"|basic[-_]?auth|cookie|dsn|signature"
)
_SECRET_NAME = re.compile(_ANNOUNCE_SECRETS, re.IGNORECASE).search
_PERSONAL_NAME = re.compile(r"e[-_]?mail|phone|mobile|^tel$|t[ée]l[ée]phone", re.IGNORECASE).search
_DEEPEST = 6
_LONGEST = 20_000


def _email(match: Match[str]) -> str:
    return f"{match[1]}***@{match[2]}"


def _phone(match: Match[str]) -> str:
    return f"{match[0][:3]}***{match[0][-2:]}"


class Rule(NamedTuple):
    """What to look for: never there without one of ``signs``, in small letters, cheap to see."""

    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str | Callable[[Match[str]], str]


def _rule(signs: str, pattern: str, replacement: str | Callable[[Match[str]], str]) -> Rule:
    return Rule(tuple(signs.split()), re.compile(pattern, re.IGNORECASE), replacement)


_RULES = (
    # Whole headers first: what follows "Authorization:" may have any scheme and many words.
    _rule(
        ": =",
        r"\b((?:proxy-)?authorization|(?:set-)?cookie)(\\?[\"']?\s{0,5}[:=]\s{0,5}\\?[\"']?)"
        r"[^\r\n\"']+",
        rf"\1\2{HIDDEN}",
    ),
    _rule("bearer basic", r"\b(bearer|basic)\s{1,5}[\w.~+/=-]{6,}", rf"\1 {HIDDEN}"),
    # A Fernet token begins with its version and the high bytes of a 64-bit time.
    _rule("gaaaa", r"(?:\b[0-9a-f]{8}:)?gAAAA[\w=-]{10,}", HIDDEN),
    _rule("://", r"\b([a-z][a-z0-9+.-]{0,20}://)[^\s\"'<>]{0,500}@", rf"\1{HIDDEN}@"),
    # The path of a request line has a query too, and no scheme before it.
    _rule(
        "?",
        r"((?:[a-z][a-z0-9+.-]{0,20}:/|(?<![^\s\"'(=])/)[^\s?\"'<>]{0,500})\?[^\s\"'<>]+",
        rf"\1?{HIDDEN}",
    ),
    _rule(
        ": =",
        rf"((?:{_ANNOUNCE_SECRETS})[\w-]{{0,40}}\\?[\"']?\s{{0,5}}[:=]\s{{0,5}})"
        r"(?!\\?[\"\']?\[redacted\])(?:\\?\"[^\"]*\"|\\?'[^']*'|[^\s,;&)}\]]+)",
        rf"\1{HIDDEN}",
    ),
    _rule("@", r"\b(\w)[\w.+-]{0,63}@((?:[\w-]{1,63}\.)+[a-z]{2,24})", _email),
    # International numbers, and national ones of ten digits that begin with 0. Fewer signs would
    # hide dates and ids, of which logs are full.
    _rule("+ 00", r"(?<![\w+])(?:\+|00)[1-9](?:[ .()-]?\d){7,13}(?!\w)", _phone),
    _rule("0", r"(?<![\w.+-])0[1-9](?:[ .-]?\d{2}){4}(?![\w-])", _phone),
)


def redact(text: str) -> str:
    """``text`` without secrets, queries of URLs, and most of every e-mail and phone number."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text)} characters)"
    lowered = text.lower()
    for signs, pattern, replacement in _RULES:
        # Not any(): a generator costs as much as the search.
        for sign in signs:
            if sign in lowered:
                text = pattern.sub(replacement, text)
                break
    return text


def redact_field(name: str, value: object, depth: int = 0) -> object:
    """``value`` as it may be logged under ``name``: numbers stay, all else is text, redacted."""
    if value is None or isinstance(value, bool):
        return value
    if _SECRET_NAME(name):
        return HIDDEN
    if isinstance(value, int | float) and _fits_json(value) and not _PERSONAL_NAME(name):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < _DEEPEST:
        return _inside(name, value, depth + 1)
    text = value if isinstance(value, str) else _written(value)
    return _personal(text) if _PERSONAL_NAME(name) else redact(text)


def _fits_json(value: float) -> bool:
    return math.isfinite(value) if isinstance(value, float) else value.bit_length() < 1024  # noqa: PLR2004 - far below what Python refuses to write


def _inside(name: str, value: Mapping[object, object] | Collection[object], depth: int) -> object:
    if isinstance(value, Mapping):
        return {
            redact(str(key)): redact_field(str(key), item, depth) for key, item in value.items()
        }
    return [redact_field(name, item, depth) for item in value]


def _written(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a foreign __str__ may raise anything; logging must not
        return f"<{type(value).__name__}: {type(error).__name__}>"


def _personal(text: str) -> str:
    redacted = redact(text)
    return redacted if redacted != text or len(text) < 3 else f"{text[0]}***{text[-2:]}"  # noqa: PLR2004 - too short for ends to show
