"""Shops: add one, change one, deactivate one and restore it."""

from __future__ import annotations

from typing import NamedTuple

from db.catalogue import shops
from db.catalogue.shops import Values
from db.session import writing
from syncs.acts.by import By
from syncs.views import shops as views
from syncs.views.shops import Shop


class Changed(NamedTuple):
    """A shop, and whether the act changed it."""

    shop: Shop
    changed: bool


class Deactivated(NamedTuple):
    """A deactivated shop, and how many of its articles moved to another one."""

    shop: Shop
    moved: int


def add(
    *,
    name: str,
    site_id: str | None,
    currency: str,
    stock_policy: str,
    timezone: str,
    day_starts_at: str,
    country: str,
    by: By,
) -> Shop:
    """A new shop; ``RefusedError`` when another one has this site already."""
    with writing() as session:
        made = shops.add(
            session, name=name, site_id=site_id, currency=currency, stock_policy=stock_policy,
            timezone=timezone, day_starts_at=day_starts_at, country=country,
        )  # fmt: skip
        by.note(session, "shop.add", f"shop {made.id}", name=name)
        return views.find(session, made.id)


def change(shop_id: int, values: Values, *, by: By) -> Changed:
    """The shop with these values; ``RefusedError`` when one of them cannot be."""
    with writing() as session:
        _, changed = shops.change(session, shop_id, values)
        if changed:
            by.note(session, "shop.set", f"shop {shop_id}", **changed)
        return Changed(views.find(session, shop_id), bool(changed))


def deactivate(shop_id: int, *, move_to: int | None, by: By) -> Deactivated:
    """Take a shop out of use; its sales stay. ``RefusedError`` while somebody needs it."""
    with writing() as session:
        moved = shops.deactivate(session, shop_id, move_to=move_to)
        details = {} if move_to is None else {"to": move_to, "moved": moved}
        by.note(session, "shop.deactivate", f"shop {shop_id}", **details)
        return Deactivated(views.find(session, shop_id), moved)


def restore(shop_id: int, *, by: By) -> Changed:
    """Take a deactivated shop into use again, as it was."""
    with writing() as session:
        changed = shops.restore(session, shop_id)
        if changed:
            by.note(session, "shop.restore", f"shop {shop_id}")
        return Changed(views.find(session, shop_id), changed)
