"""A page's tickets are placed: each in its shop, on its business day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.settings import settings
from db import bulk
from db.models import PosTransaction
from db.pos import places
from db.pos.days import business_date
from db.pos.places import Before, Place, Places
from db.records.plan import Context, Row

_TICKETS = PosTransaction.__table__.c
_BEFORE = select(
    _TICKETS.external_id,
    _TICKETS.shop_id,
    func.coalesce(_TICKETS.closed_at, _TICKETS.opened_at),
    _TICKETS.business_date,
)


@dataclass(frozen=True, kw_only=True)
class PosContext(Context):
    """A run that reads tickets, with our shops as they are now."""

    places: Places

    @property
    def world(self) -> str:
        """Another one when a ticket may belong to another shop: tickets are placed again."""
        return self.places.world


def look(by_location: Mapping[str, int], session: Session, context: Context) -> PosContext:
    """The context of a page of tickets."""
    return PosContext(**vars(context), places=places.read(session, by_location))


def place(
    session: Session,
    rows: Sequence[Row],
    context: PosContext,
    *,
    write: bool,  # noqa: ARG001, nothing is written beneath
) -> list[str]:
    """Give rows their shop and day. Warns of locations that are no shop's, and of tickets in
    another currency than their shop's.
    """
    before = _before(session, [row.external_id for row in rows], context.source)
    default, said = settings().timezone, dict[str, None]()
    for row in rows:
        known = before.get(row.external_id)
        shop = context.places.of(row.values["location"], known)
        row.values["shop_id"] = shop.id if shop else None
        row.values["business_date"] = _day(row, shop, known, default)
        said |= dict.fromkeys(_remarks(row, shop))
    return list(said)


def _before(session: Session, keys: Sequence[str], source: str) -> dict[str, Before]:
    """Where the tickets were placed that the store knows, by the source's key."""
    found: dict[str, Before] = {}
    for part in bulk.parts(keys):
        query = _BEFORE.where(_TICKETS.source == source, _TICKETS.external_id.in_(part))
        found |= {key: Before(*values) for key, *values in session.execute(query)}
    return found


def _day(row: Row, shop: Place | None, before: Before | None, default: str) -> object:
    """The ticket's day. One that was counted stays, wherever days begin now."""
    moment = row.values["closed_at"] or row.values["opened_at"]
    if before is not None and (before.shop_id, before.moment) == (row.values["shop_id"], moment):
        return before.business_date
    return business_date(
        moment,
        zone=row.values["timezone"] or (shop.timezone if shop else default),
        day_starts_at=shop.day_starts_at if shop else "00:00",
    )


def _remarks(row: Row, shop: Place | None) -> list[str]:
    location, currency = row.values["location"], row.values["currency"]
    if shop is None:
        return [f"Location {location} is no shop of ours: its transactions are kept without one."]
    if shop.currency != currency:
        theirs = f"Location {location} sells in {currency}, and shop {shop.id} in {shop.currency}"
        return [f"{theirs}: its transactions keep their currency."]
    return []
