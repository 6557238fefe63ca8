"""Authentication of tills: a serial, with a token or signature by level; views get a ``Till``."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from api.till import signatures
from api.till.errors import TillError
from api.till.limits import SerialLimit
from core.logs import get_logger
from db.session import reading, writing
from db.tills import terminals
from db.tills.terminals import Known

log = get_logger(__name__)

SERIAL = "X-Device-Serial"
_LOOKS_ONLY = ("GET", "HEAD")


@dataclass(frozen=True)
class Till:
    """The terminal of a request and its shop, to which every query is limited."""

    id: int
    shop_id: int
    serial: str
    name: str
    level: int
    duplicates: str
    shop_name: str
    currency: str
    timezone: str
    stock_policy: str


def register(app: Flask) -> None:
    """Limit from now on how many unknown serials an address may try."""
    app.extensions["serial_limit"] = SerialLimit()


def current() -> Till:
    """The till of this request; only in views for terminals."""
    till: Till = g.terminal
    return till


def enter() -> None:
    """Let a till's request pass, with its ``Till``; raises as ``authenticate``."""
    g.terminal = authenticate()


def authenticate() -> Till:
    """The till of this request. Raises ``TillError``: 400 without a serial, 404 for an unknown or
    revoked one, 429 after too many of these, 401 without the token or signature of its level.

    A GET or HEAD uses its signature up at once, any other request when its view calls ``spend``.
    """
    serial = request.headers.get(SERIAL, "").strip()
    if not serial:
        sentence = "Numéro de série du terminal requis dans les headers"
        raise TillError(400, "MISSING_SERIAL", sentence, header_required=SERIAL)
    limit: SerialLimit = current_app.extensions["serial_limit"]
    address = request.remote_addr or ""
    known = _look_up(limit, address, serial)
    try:
        g.signature = signatures.check(known)
        if request.method in _LOOKS_ONLY and g.signature is not None:
            with writing() as session:
                spend(session)
    except TillError as error:
        log.info("till.refused", terminal=known.id, code=error.code)
        raise
    limit.proved(address, serial)
    _note(known)
    return _till(known)


def spend(session: Session) -> None:
    """Use the request's signature up, if it has one, in the transaction of its work.

    A till that gets a 503, with nothing stored, may send the same request again; nobody else
    ever may. ``TillError`` 401 when the signature was used before.
    """
    signature: signatures.Signature | None = g.signature
    if signature is not None and not terminals.use_nonce(
        session, signature.terminal_id, signature.digest, signature.expires
    ):
        raise signatures.replayed()


def _look_up(limit: SerialLimit, address: str, serial: str) -> Known:
    with limit.turn(address, serial):
        with reading() as session:
            known = terminals.find_by_serial(session, serial)
        if known is None:
            limit.missed(address, serial)
            raise TillError(404, "TERMINAL_NOT_FOUND", "Terminal non trouvé ou inactif")
    return known


def _note(known: Known) -> None:
    """Store when the till was seen and its clock's offset; skipped while the store is busy."""
    offset = signatures.clock_offset(known.now)
    # Checked first: a write transaction for each request would make tills wait for syncs.
    if not known.is_news(offset):
        return
    try:
        with writing(patience=0) as session:
            terminals.note_seen(session, known.id, offset)
    except (DBAPIError, PoolTimeoutError):
        log.debug("till.not_noted", terminal=known.id)


def _till(known: Known) -> Till:
    return Till(
        id=known.id,
        shop_id=known.shop_id,
        serial=known.serial,
        name=known.name,
        level=known.level,
        duplicates=known.duplicates,
        shop_name=known.shop_name,
        currency=known.currency,
        timezone=known.timezone,
        stock_policy=known.stock_policy,
    )
