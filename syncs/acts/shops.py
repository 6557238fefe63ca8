"""Shops: add one, change one."""

from __future__ import annotations

from db.catalogue import shops
from db.session import writing
from syncs.acts.by import By
from syncs.views.shops import Shop


def add(
    *, name: str, site_id: str | None, currency: str, stock_policy: str, timezone: str, by: By
) -> Shop:
    """A new shop; ``RefusedError`` when another one has this site already."""
    with writing() as session:
        made = shops.add(
            session, name=name, site_id=site_id, currency=currency, stock_policy=stock_policy,
            timezone=timezone,
        )  # fmt: skip
        by.note(session, "shop.add", f"shop {made.id}", name=name)
        return Shop.of(made)


def change(
    shop_id: int, *, name: str | None, stock_policy: str | None, timezone: str | None, by: By
) -> tuple[Shop, bool]:
    """The shop with these values (None: as it is), and whether any was another before."""
    with writing() as session:
        shop, changed = shops.change(
            session, shop_id, name=name, stock_policy=stock_policy, timezone=timezone
        )
        if changed:
            by.note(session, "shop.set", f"shop {shop_id}", **changed)
        return Shop.of(shop), bool(changed)
