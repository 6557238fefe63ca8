"""A till as the store has it, looked at and changed behind everybody's back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from db.models import Terminal
from db.session import reading, writing
from db.tills import terminals

SERIAL = "0a1badae951f8473"


def read(till_id: int) -> Terminal:
    with reading() as session:
        return session.get_one(Terminal, till_id)


def known(serial: str = SERIAL) -> terminals.Known | None:
    with reading() as session:
        return terminals.find_by_serial(session, serial)


def set_columns(till_id: int, **columns: Any) -> None:
    with writing() as session:
        session.execute(update(Terminal).where(Terminal.id == till_id).values(**columns))
