"""What must not stand in a log: secrets go, personal data keeps just enough to recognise it.

Rather a word too many is hidden than a key shown. Every pattern is bounded, so that a hostile
text of a megabyte costs a scan and not a minute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from re import Match
from typing import Any

HIDDEN = "[redacted]"

_ANNOUNCE_SECRETS = (
    r"authorization|token|secret|passw(?:or)?d|passphrase|api[-_]?key|encryption[-_]?key"
    r"|basic[-_]?auth|cookie|dsn|signature"
)
_SECRET_NAME = re.compile(_ANNOUNCE_SECRETS, re.IGNORECASE).search
_PERSONAL_NAME = re.compile(r"e[-_]?mail|phone|mobile|^tel$|t[ée]l[ée]phone", re.IGNORECASE).search
_DEEPEST = 6
_LONGEST = 20_000

Replacement = str | Callable[[Match[str]], str]


def _email(found: Match[str]) -> str:
    return f"{found[1]}***@{found[2]}"


def _phone(found: Match[str]) -> str:
    return f"{found[0][:3]}***{found[0][-2:]}"


_RULES: tuple[tuple[re.Pattern[str], Replacement], ...] = (
    # Whole headers first: what follows "Authorization:" may have any scheme and many words.
    (
        re.compile(
            r"\b((?:proxy-)?authorization|(?:set-)?cookie)(\\?[\"']?\s{0,5}[:=]\s{0,5}\\?[\"']?)"
            r"[^\r\n\"']+",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\b(bearer|basic)\s{1,5}[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # A Fernet token begins with its version and the high bytes of a 64-bit time.
    (re.compile(r"(?:\b[0-9a-f]{8}:)?gAAAA[\w=-]{10,}"), HIDDEN),
    (
        re.compile(r"\b([a-z][a-z0-9+.-]{0,20}://)[^\s\"'<>]{0,500}@", re.IGNORECASE),
        rf"\1{HIDDEN}@",
    ),
    # The path of a request line has a query too, and no scheme before it.
    (
        re.compile(
            r"((?:[a-z][a-z0-9+.-]{0,20}:/|(?<![^\s\"'(=])/)[^\s?\"'<>]{0,500})\?[^\s\"'<>]+",
            re.IGNORECASE,
        ),
        rf"\1?{HIDDEN}",
    ),
    (
        re.compile(
            rf"([\w-]{{0,40}}(?:{_ANNOUNCE_SECRETS})[\w-]{{0,40}}\\?[\"']?\s{{0,5}}[:=]\s{{0,5}})"
            r"(?!\\?[\"\']?\[redacted\])(?:\\?\"[^\"]*\"|\\?'[^']*'|[^\s,;&)}\]]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(\w)[\w.+-]{0,63}@((?:[\w-]{1,63}\.)+[a-z]{2,24})", re.IGNORECASE), _email),
    # International numbers, and national ones of ten digits that begin with 0. Fewer signs would
    # hide dates and ids, of which logs are full.
    (re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ .()-]?\d){7,13}(?!\w)"), _phone),
    (re.compile(r"(?<![\w.+-])0[1-9](?:[ .-]?\d{2}){4}(?![\w-])"), _phone),
)


def redact(text: str) -> str:
    """``text`` without secrets, queries of URLs, and most of every e-mail and phone number."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text)} characters)"
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact_field(name: str, value: object, depth: int = 0) -> Any:
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


def _inside(name: str, value: Mapping[Any, Any] | Any, depth: int) -> Any:
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
    shown = redact(text)
    return shown if shown != text or len(text) < 3 else f"{text[0]}***{text[-2:]}"  # noqa: PLR2004 - short enough to say nothing
