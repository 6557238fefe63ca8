"""Which shop of ours a till's location is, and which day a ticket counts for there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto
from db.catalogue import shops
from db.models import Shop


class Place(NamedTuple):
    """A shop, as far as its tickets depend on it."""

    id: int
    currency: str
    timezone: str
    day_starts_at: str
    sells_from: int | None
    active: bool

    @property
    def assortment(self) -> tuple[int, ...]:
        """The shops whose articles it sells."""
        return shops.assortment(self.id, self.sells_from)


class Before(NamedTuple):
    """Where a ticket that the store knows was placed, by which moment."""

    shop_id: int | None
    moment: datetime
    business_date: date


_PLACES = select(*(Shop.__table__.c[name] for name in Place._fields)).order_by(Shop.id)


class Places:
    """The shops, and which of them the configuration says a location is.

    ``world`` changes whenever the shop of some ticket may have changed. Where the days begin is no
    part of it: a day that is over stays as it was counted.
    """

    def __init__(self, every: Sequence[Place], by_location: Mapping[str, int]) -> None:
        by_id = {place.id: place for place in every}
        active = [place for place in every if place.active]
        self._by_id = by_id
        self._only = active[0] if len(active) == 1 and not by_location else None
        self._named = {
            location: by_id[shop_id]
            for location, shop_id in by_location.items()
            if shop_id in by_id
        }
        only = self._only and self._only.id
        ids = sorted((location, place.id) for location, place in self._named.items())
        self.world = crypto.digest(repr((ids, only)))[:8]

    def of(self, location: str, before: Before | None) -> Place | None:
        """The shop of a ticket: its location's, else the one it is in already, else the only one
        that there is, where no location is mapped. None: nobody knows.
        """
        if location in self._named:
            return self._named[location]
        if before is not None and before.shop_id is not None:
            return self._by_id[before.shop_id]
        return self._only

    def find(self, shop_id: int | None) -> Place | None:
        """The shop with this id."""
        return None if shop_id is None else self._by_id.get(shop_id)


def read(session: Session, by_location: Mapping[str, int]) -> Places:
    """The shops as they are now."""
    return Places([Place(*row) for row in session.connection().execute(_PLACES)], by_location)
