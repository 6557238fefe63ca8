"""The declarative base: one naming rule for constraints, one Python type for each column type."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import JSON, BigInteger, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from core.document import Json, JsonList
from db.types import BigId, Money, Quantity, UtcDateTime, db_now

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Word = Annotated[str, mapped_column(String(64))]
Line = Annotated[str, mapped_column(String(500))]
Moment = Annotated[datetime, mapped_column(UtcDateTime, default=db_now())]
"""A moment that is the database's now by default."""

Amount = Annotated[Decimal, mapped_column(Quantity)]
"""A quantity or a rate, with five decimals; a ``Decimal`` by itself is money."""

# None is SQL's NULL, never JSON's: "IS NULL" must find it.
Document = JSON(none_as_null=True)


class Base(DeclarativeBase):
    """Every table's parent."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012, SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        Decimal: Money,
        int: BigInteger,
        str: Text,
        Json: Document,
        JsonList: Document,
        list[str]: Document,
    }
