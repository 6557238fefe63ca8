"""INSERT … ON CONFLICT, spelled once for both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models.base import Base


def insert_new(session: Session, model: type[Base], values: Mapping[str, object]) -> Any | None:
    """Insert a row unless a unique key forbids it; its primary key, or None when it was there."""
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    key = inspect(model).primary_key[0]
    statement = make(model).values(**values).on_conflict_do_nothing().returning(key)
    return session.execute(statement).scalar_one_or_none()
