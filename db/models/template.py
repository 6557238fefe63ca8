"""The art site's tables, as its export had them last: a record is a row and its own link.

Fields with a column of their own are those the site's guide names and the obvious ones of an art
shop; every other is kept as received in ``extra``, sealed where it may be personal.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from core import personal
from core.document import Json
from db.models.base import Base, Document, Id, Line, Moment
from db.models.link import Link
from db.models.sealed import Personal, Sealed, mark


class Exported(Link):
    """A record of the export; ``external_id`` is the site's id (of settings and stats the key)."""

    __abstract__ = True

    @declared_attr.directive
    def __table_args__(cls) -> tuple[UniqueConstraint]:  # noqa: N805, SQLAlchemy hands the class over
        # In this order, as all links have it.
        return (UniqueConstraint("external_id", "source"),)


class TemplateSetting(Exported):
    """One setting of the site; ``value`` is any JSON."""

    __tablename__ = "template_settings"

    value: Mapped[Any] = mapped_column(Document, nullable=True)
    extra: Mapped[Json | None]


class TemplatePainting(Exported):
    """A painting on sale, or sold; ``price`` in the site's currency. ``name`` is None for one
    without a title: pages say "Sans titre".
    """

    __tablename__ = "template_paintings"

    name: Mapped[Line | None]
    price: Mapped[Decimal | None]
    status: Mapped[str | None] = mapped_column(String(100))
    category: Mapped[str | None] = mapped_column(String(500))
    image: Mapped[str | None]
    extra: Mapped[Json | None]


class TemplateOrder(Exported):
    """An order as it was when we first met it: never updated. ``extra`` (who ordered) is sealed."""

    __tablename__ = "template_orders"

    status: Mapped[str | None] = mapped_column(String(100))
    total: Mapped[Decimal | None]
    ordered_at: Mapped[datetime | None]
    extra: Mapped[Personal | None]


class TemplateOrderItem(Base):
    """One item of an order; ``extra`` is sealed, as its order's own is. ``quantity`` is None when
    what the site sent could not be read.
    """

    __tablename__ = "template_order_items"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("template_orders.id"))
    position: Mapped[int]
    painting: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(500))
    quantity: Mapped[int | None]
    price: Mapped[Decimal | None]
    extra: Mapped[Personal | None]


class TemplateOrderDrift(Base):
    """An order that changed upstream after we took it in: which fields, and their values there.

    ``payload`` is sealed; ``digest`` is of its content, so that it is noted once.
    """

    __tablename__ = "template_order_drifts"
    __table_args__ = (UniqueConstraint("order_id", "digest"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("template_orders.id"))
    run_id: Mapped[int]
    digest: Mapped[str] = mapped_column(String(80), info=mark("payload", personal.mark_text))
    fields: Mapped[list[str]]
    payload: Mapped[Sealed]
    at: Mapped[Moment]


class TemplateUser(Exported):
    """A user of the site: all that is personal is sealed, with a mark of e-mail and phone."""

    __tablename__ = "template_users"

    name: Mapped[Personal | None]
    email: Mapped[Personal | None]
    phone: Mapped[Personal | None]
    email_mark: Mapped[str | None] = mapped_column(
        String(80), index=True, info=mark("email", personal.mark_email)
    )
    phone_mark: Mapped[str | None] = mapped_column(
        String(80), index=True, info=mark("phone", personal.mark_phone)
    )
    role: Mapped[str | None] = mapped_column(String(100))
    extra: Mapped[Personal | None]


class TemplateExhibition(Exported):
    """An exhibition: where, and from when to when."""

    __tablename__ = "template_exhibitions"

    title: Mapped[str | None] = mapped_column(String(500))
    place: Mapped[str | None] = mapped_column(String(500))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    extra: Mapped[Json | None]


class TemplateCustomRequest(Exported):
    """A customer's request for a commissioned work: all that is personal is sealed."""

    __tablename__ = "template_custom_requests"

    status: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[Personal | None]
    email: Mapped[Personal | None]
    phone: Mapped[Personal | None]
    email_mark: Mapped[str | None] = mapped_column(
        String(80), index=True, info=mark("email", personal.mark_email)
    )
    phone_mark: Mapped[str | None] = mapped_column(
        String(80), index=True, info=mark("phone", personal.mark_phone)
    )
    extra: Mapped[Personal | None]


class TemplateStat(Exported):
    """One figure of the site; ``value`` is any JSON."""

    __tablename__ = "template_stats"

    value: Mapped[Any] = mapped_column(Document, nullable=True)
    extra: Mapped[Json | None]


class TemplateCheck(Base):
    """One check of the site's health. ``kind``: ok, auth, network, schema or slow."""

    __tablename__ = "template_checks"

    id: Mapped[Id]
    at: Mapped[Moment] = mapped_column(index=True)
    healthy: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(16))
    ms: Mapped[int]
    message: Mapped[str | None]
