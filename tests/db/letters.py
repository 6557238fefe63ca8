"""A kind of claimed work that only tests have: letters, of which one is due."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import MetaData, update
from sqlalchemy.orm import DeclarativeBase, Mapped

from db.models import Base
from db.models.work import LeasedWork
from db.session import reading, writing
from db.types import db_now
from db.work import claims

LETTER = 1


class Toys(DeclarativeBase):
    """A base of their own: these are no tables of the product."""

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map = Base.type_annotation_map


class Letter(LeasedWork, Toys):
    __tablename__ = "letters"

    text: Mapped[str]
    postmark: Mapped[str | None]


class LetterLost(claims.LeaseLost):
    code = "LETTER_LOST"


@dataclass(frozen=True, kw_only=True)
class Posting(claims.Claim):
    table = Letter
    lost = LetterLost
    text: str


def claim(*, task_id: str | None = None) -> Posting | None:
    with writing() as session:
        return claims.claim(
            session, Posting, LETTER, seconds=60, task_id=task_id, columns=(Letter.text,)
        )


def claimed() -> Posting:
    held = claim()
    assert held is not None
    return held


def letter() -> Letter:
    with reading() as session:
        return session.get_one(Letter, LETTER)


def columns() -> dict[str, object]:
    """All that the letter's row holds."""
    kept = letter()
    return {column.key: getattr(kept, column.key) for column in Letter.__table__.columns}


def change(**values: object) -> None:
    with writing() as session:
        session.execute(update(Letter).where(Letter.id == LETTER).values(**values))


def expire() -> None:
    """The lease's end has come."""
    change(lease_until=db_now(-1))


def rung(*, quiet: float = 0) -> list[int]:
    with writing() as session:
        return claims.to_ring(session, Letter, quiet=quiet)
