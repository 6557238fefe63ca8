"""Terminals: which tills may send, for which shop, and how each authenticates."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core import crypto
from core.advice import Advised
from core.errors import NotFoundError, RefusedError
from db.catalogue import shops
from db.models import DeviceNonce, Shop, Terminal
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new

LEVELS = (0, 1, 2)
"""What a till must send: its serial alone, a token as well, a signature instead of the token."""

DUPLICATES = ("answer", "errors_only")
"""Whether a sale it sends again is answered among the sales as well (DESIGN §7)."""

PREFIX = "mlt_"
"""Lets people, and scanners for leaked secrets, see what a token is."""

NOTED_EVERY = 60.0
"""Seconds: a till's many requests are one write."""
DRIFT = 30
"""Seconds by which its clock must have moved to be noted before that."""

# What a header carries, and no proxy or shell changes.
is_serial = re.compile(r"[!-~]{1,64}", re.ASCII).fullmatch


@dataclass(frozen=True, kw_only=True)
class Known:
    """An active terminal with its shop, and the database's clock as both were read."""

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
    token_hash: str | None = field(repr=False)
    signing_key: str | None = field(repr=False)
    last_seen_at: datetime | None
    clock_offset: int | None
    now: datetime

    def is_news(self, offset: int | None) -> bool:
        """Whether ``note_seen`` would write anything."""
        if self.last_seen_at is None:
            return True
        if (self.now - self.last_seen_at).total_seconds() > NOTED_EVERY:
            return True
        if offset is None:
            return False
        return self.clock_offset is None or abs(offset - self.clock_offset) > DRIFT


_BY_SERIAL = (
    select(
        Terminal.id,
        Terminal.shop_id,
        Terminal.serial,
        Terminal.name,
        Terminal.level,
        Terminal.duplicates,
        Shop.name.label("shop_name"),
        Shop.currency,
        Shop.timezone,
        Shop.stock_policy,
        Terminal.token_hash,
        Terminal.signing_key,
        Terminal.last_seen_at,
        Terminal.clock_offset,
        db_now().label("now"),
    )
    .join(Shop, Shop.id == Terminal.shop_id)
    .where(Terminal.serial == bindparam("serial"), Terminal.active)
)


_REPLACING = select(Terminal.id, Terminal.replaces_id).where(
    Terminal.shop_id == bindparam("shop_id"), Terminal.replaces_id.is_not(None)
)


def add(session: Session, *, shop_id: int, serial: str, name: str) -> Terminal:
    """A new terminal of level 0; ``RefusedError`` when there is no such shop in use, or the serial
    is no serial or taken, by a revoked terminal too: its sales are kept under it.
    """
    if not is_serial(serial):
        raise RefusedError("A serial is 1 to 64 letters, digits and signs (ASCII), without blanks.")
    shops.hold_active(session, shop_id)
    other = session.scalar(select(Terminal).where(Terminal.serial == serial))
    if other is not None:
        taken = f"Serial {serial} is that of terminal {other.id} ({other.name}) already"
        raise RefusedError(
            f"{taken}."
            if other.active
            else Advised(f"{taken}, which is revoked.", "terminal revoked")
        )
    terminal = Terminal(shop_id=shop_id, serial=serial, name=name)
    session.add(terminal)
    session.flush()
    return terminal


def every(session: Session, *, shop_id: int | None = None) -> list[Terminal]:
    """All terminals, revoked ones too, oldest first; of one shop, if it is named."""
    query = select(Terminal).order_by(Terminal.id)
    if shop_id is not None:
        query = query.where(Terminal.shop_id == shop_id)
    return list(session.scalars(query))


def find(session: Session, word: str, *, lock: bool = True) -> Terminal:
    """The terminal whose serial or id ``word`` is, locked; ``NotFoundError`` when none is, and
    ``RefusedError`` when two are.

    A serial may look like an id, and then nobody must guess which one was meant.
    """
    named = Terminal.serial == word
    if re.fullmatch(r"[1-9][0-9]{0,17}", word, re.ASCII):
        named = or_(named, Terminal.id == int(word))
    query = select(Terminal).where(named)
    matches = session.scalars(query.with_for_update() if lock else query).all()
    if not matches:
        raise NotFoundError("terminal", word)
    if len(matches) > 1:
        raise RefusedError(
            f"{word} is the serial of one terminal and the id of another; say it by its other name."
        )
    return matches[0]


def find_by_serial(session: Session, serial: str) -> Known | None:
    """The active terminal of that serial with its shop, by one statement; None: there is none."""
    if not is_serial(serial):
        return None
    row = session.execute(_BY_SERIAL, {"serial": serial}).mappings().one_or_none()
    return Known(**row) if row is not None else None


def revoke(session: Session, terminal: Terminal) -> bool:
    """Refuse its serial from now on; False when it was refused before too."""
    was_active, terminal.active = terminal.active, False
    session.flush()
    return was_active


def restore(session: Session, terminal: Terminal) -> bool:
    """Accept a revoked terminal again, as it was; False when it is active. ``RefusedError`` when
    its shop is deactivated.

    Whichever replaced it has its numbers no longer: two active tills never share them.
    """
    shops.hold_active(session, terminal.shop_id)
    was_active, terminal.active = terminal.active, True
    other = successor(session, terminal)
    if other is not None:
        other.replaces_id = None
    session.flush()
    return not was_active


def successor(session: Session, terminal: Terminal) -> Terminal | None:
    """The terminal that took its place."""
    return session.scalar(select(Terminal).where(Terminal.replaces_id == terminal.id))


def replace(session: Session, old: Terminal, new: Terminal) -> None:
    """Revoke ``old``, whose numbers are ``new``'s from now on: a sale of theirs that it sends is
    the one that ``old`` sent. ``RefusedError`` when it cannot take that place.
    """
    ids = sorted({old.id, new.id})
    # Of two orders that concern one of them the second sees what the first has written.
    locked = select(Terminal).where(Terminal.id.in_(ids)).order_by(Terminal.id).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).all()
    other = successor(session, old)
    if old is new:
        raise RefusedError("A terminal cannot replace itself; add the new one first.")
    if old.shop_id != new.shop_id:
        raise RefusedError(f"{_named(new)} is another shop's: numbers are a shop's own.")
    if other is not None:
        raise RefusedError(f"{_named(old)} was replaced by terminal {other.id} already.")
    if new.replaces_id is not None:
        raise RefusedError(f"{_named(new)} replaces terminal {new.replaces_id} already.")
    if not new.active:
        raise RefusedError(f"{_named(new)} is revoked; only an active one can take a place.")
    new.replaces_id, old.active = old.id, False
    session.flush()


def line(session: Session, shop_id: int, terminal_id: int) -> tuple[int, ...]:
    """The terminal with those it replaced and was replaced by, the first one first."""
    rows = session.execute(_REPLACING, {"shop_id": shop_id})
    return _line({new: old for new, old in rows if old is not None}, terminal_id)


def _line(replaced: Mapping[int, int], terminal_id: int) -> tuple[int, ...]:
    """``replaced`` has the old terminal by the new one."""
    members = [terminal_id]
    while members[0] in replaced:
        members.insert(0, replaced[members[0]])
    following = {old: new for new, old in replaced.items()}
    while members[-1] in following:
        members.append(following[members[-1]])
    return tuple(members)


def _named(terminal: Terminal) -> str:
    return f"Terminal {terminal.id} ({terminal.name})"


def set_level(session: Session, terminal: Terminal, level: int) -> str | None:
    """Set the security level. Above level 0 the new token, which is given out once: 256 bits, of
    which only a hash is kept, and at level 2 the sealed key of signatures. The old one is void.
    """
    if level not in LEVELS:
        raise RefusedError(f"There is no level {level}; there are: 0, 1, 2.")
    token = PREFIX + secrets.token_urlsafe(32) if level else None
    terminal.level = level
    terminal.token_hash = crypto.digest(token) if token else None
    terminal.signing_key = crypto.seal(token) if token and level > 1 else None
    session.flush()
    return token


def set_duplicates(session: Session, terminal: Terminal, policy: str) -> None:
    """How a sale it sends again is answered: one of ``DUPLICATES``."""
    if policy not in DUPLICATES:
        raise RefusedError(f"There is no policy {policy!r}; there are: {', '.join(DUPLICATES)}.")
    terminal.duplicates = policy
    session.flush()


def note_seen(session: Session, terminal_id: int, offset: int | None) -> None:
    """Note that the till was seen now, its clock ``offset`` seconds ahead (None: unknown); once a
    minute at most, unless the clock jumped. It does not wait for a locked row.
    """
    stale = [Terminal.last_seen_at.is_(None), Terminal.last_seen_at < db_now(-NOTED_EVERY)]
    values: dict[str, object] = {"last_seen_at": db_now()}
    if offset is not None:
        jump = func.abs(Terminal.clock_offset - offset)
        stale += [Terminal.clock_offset.is_(None), jump > DRIFT]
        values["clock_offset"] = offset
    free = (
        select(Terminal.id)
        .where(Terminal.id == terminal_id, or_(*stale))
        .with_for_update(key_share=True, skip_locked=True)
    )
    session.execute(
        update(Terminal).where(Terminal.id.in_(free)).values(values), execution_options=NO_SYNC
    )


def use_nonce(session: Session, terminal_id: int, digest: str, expires: datetime) -> bool:
    """Keep that a signature was used, until ``expires``; False when it was used before."""
    row = {"terminal_id": terminal_id, "digest": digest, "expires_at": expires}
    return insert_new(session, DeviceNonce, row) is not None


def forget_nonces(session: Session, *, most: int) -> int:
    """Delete up to ``most`` signatures that are too old to be used anyway; how many."""
    old = select(DeviceNonce.id).where(DeviceNonce.expires_at < db_now()).limit(most)
    result = session.execute(
        delete(DeviceNonce).where(DeviceNonce.id.in_(old)), execution_options=NO_SYNC
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE's result is a CursorResult
