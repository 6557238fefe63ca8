r"""What a till's level requires beside its serial: nothing (0), a token (1) or a signature (2).

A signature is the HMAC-SHA256, in hex, under the terminal's token, of these lines joined by
``\n``: method, path as requested with its query, X-Device-Timestamp as sent, SHA-256 of the body
in hex, and X-Device-Nonce if there is one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import request

from api.till.errors import TillError
from core import crypto
from db.tills.terminals import Known

TOKEN = "X-Device-Token"  # noqa: S105, the header's name
SIGNATURE = "X-Device-Signature"
TIMESTAMP = "X-Device-Timestamp"
NONCE = "X-Device-Nonce"

WINDOW = 300
"""Seconds by which a signature's moment may differ from the database's clock."""
MARGIN = 60
"""Seconds for which it is remembered beyond that."""
LONGEST_TOKEN = 200

_UNIX = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII).fullmatch
_NONCE = re.compile(r"[!-~]{1,128}", re.ASCII).fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Signature:
    """A valid one; ``digest`` names it, and after ``expires`` it is refused as too old."""

    terminal_id: int
    digest: str
    expires: datetime


def check(known: Known) -> Signature | None:
    """The signature at level 2, else None; ``TillError`` 401 without what the level requires.

    The caller checks that the signature was not used before.
    """
    if known.level == 0:
        return None
    if known.level == 1:
        _check_token(known)
        return None
    return _signature(known)


def clock_offset(now: datetime) -> int | None:
    """Seconds by which the till's clock is ahead of ``now``, by X-Device-Timestamp, else by
    Date; None when neither can be read.
    """
    dated = seconds(request.headers.get(TIMESTAMP, ""))
    date = _date() if dated is None else None
    if date is not None:
        dated = (date - _EPOCH).total_seconds()
    return round(dated - now.timestamp()) if dated is not None else None


def seconds(text: str) -> float | None:
    """Unix seconds of ``1767225600``, ``1767225600.25`` or ISO 8601 with its offset; else None."""
    if _UNIX(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Without an offset it could be any of two dozen moments.
    return (moment - _EPOCH).total_seconds() if moment.tzinfo is not None else None


def replayed() -> TillError:
    """The signature was used before: a till signs each try anew."""
    return _refused(
        "SIGNATURE_REPLAYED",
        "Signature déjà utilisée: signez chaque envoi à nouveau, avec l'heure actuelle",
    )


def _date() -> datetime | None:
    try:
        return request.date
    except OverflowError:  # an offset of twenty digits; anything else werkzeug reads as None
        return None


def _check_token(known: Known) -> None:
    given = request.headers.get(TOKEN, "")
    if not given:
        sentence = "Jeton du terminal requis dans les headers"
        raise _refused("MISSING_TOKEN", sentence, header_required=TOKEN)
    digest = crypto.digest(given[:LONGEST_TOKEN])
    if known.token_hash is None or not crypto.same(known.token_hash, digest):
        raise _refused("INVALID_TOKEN", "Jeton du terminal invalide")


def _signature(known: Known) -> Signature:
    for header in (SIGNATURE, TIMESTAMP):
        if not request.headers.get(header):
            sentence = "Signature du terminal requise dans les headers"
            raise _refused("MISSING_SIGNATURE", sentence, header_required=header)
    ahead = _seconds_ahead(known.now)
    expected = _expected(known)
    if expected is None or not crypto.same(expected, request.headers[SIGNATURE].lower()):
        raise _refused("INVALID_SIGNATURE", "Signature du terminal invalide")
    expires = known.now + timedelta(seconds=ahead + WINDOW + MARGIN)
    return Signature(known.id, crypto.digest(expected), expires)


def _seconds_ahead(now: datetime) -> float:
    dated = seconds(request.headers[TIMESTAMP])
    if dated is None:
        sentence = f"{TIMESTAMP} invalide: secondes Unix ou ISO 8601 avec décalage horaire"
        raise _refused("INVALID_TIMESTAMP", sentence)
    ahead = dated - now.timestamp()
    if abs(ahead) > WINDOW:
        sentence = "Horloge du terminal décalée de plus de 5 minutes: réglez-la et signez à nouveau"
        raise _refused("INVALID_TIMESTAMP", sentence)
    return ahead


def _expected(known: Known) -> str | None:
    nonce = request.headers.get(NONCE)
    if known.signing_key is None or (nonce is not None and not _NONCE(nonce)):
        return None
    # Cached, for the view reads it again; over MAX_CONTENT_LENGTH it is a 413.
    body = hashlib.sha256(request.get_data()).hexdigest()
    lines = [request.method, _target(), request.headers[TIMESTAMP], body]
    if nonce is not None:
        lines.append(nonce)
    message = "\n".join(lines).encode("latin-1", "replace")
    return hmac.new(crypto.unseal(known.signing_key).encode(), message, hashlib.sha256).hexdigest()


def _target() -> str:
    """Path and query to the letter: what is unquoted for the views may have had other letters."""
    environ = request.environ
    raw: str = environ.get("REQUEST_URI") or environ.get("RAW_URI") or request.full_path.rstrip("?")
    if raw.startswith("/"):
        return raw
    # A request through a proxy may name the host as well.
    parts = urlsplit(raw)
    return parts._replace(scheme="", netloc="", fragment="").geturl()


def _refused(code: str, sentence: str, **more: object) -> TillError:
    return TillError(401, code, sentence, {"WWW-Authenticate": 'Device realm="moulin"'}, **more)
