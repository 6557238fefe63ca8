"""Products of a source: compared by content, written whole pages at a time, stock as movements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row as Record
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import details
from db import bulk
from db.catalogue import categories, stock
from db.models import ExternalProduct, Product
from db.records import links
from db.records.plan import Change, Known, Plan, Sight, Target, plan_page

VERSION = 1

LOCKABLE = ("title", "sku", "barcode", "price", "category_id", "stock", "active")
FIELDS = ("title", "sku", "barcode", "price", "category_id", "shop_id", "active", "stock")
PRODUCT = ("id", "shop_id", "category_id", "title", "sku", "barcode", "price", "stock", "active",
           "created_at", "updated_at")  # fmt: skip
LINK = ("external_id", "source", "product_id", "external_sku", "upstream_title", "upstream_price",
        "upstream_stock", "upstream_barcode", "upstream_category", "details", "payload_hash",
        "sync_status", "last_synced_at", "seen_run")  # fmt: skip


@dataclass(slots=True)
class ProductRow:
    """A product as columns: ``price`` in ten-thousandths of the shop's currency, ``stock`` in
    pieces, ``details`` the JSON text of what we do not map.

    ``category`` and ``site`` are the source's ids; ``category_id`` and ``shop_id`` ours, once
    resolved.
    """

    external_id: str
    title: str
    price: int
    stock: int
    sku: str | None
    barcode: str | None
    category: str | None
    site: str | None
    details: str
    hash: str = ""
    category_id: int | None = None
    shop_id: int | None = None


def preview(
    session: Session, rows: Sequence[ProductRow], known: Mapping[str, Known], sight: Sight
) -> Plan[ProductRow]:
    """What writing ``rows`` would do; nothing is written."""
    ours = categories.resolve(session, _categories(rows), sight.source)
    return _compare(session, rows, ours, known, sight)


def compare(
    session: Session, rows: Sequence[ProductRow], known: Mapping[str, Known], sight: Sight
) -> Plan[ProductRow]:
    """As ``preview``, with placeholders for categories nobody has heard of yet."""
    wanted = _categories(rows)
    ours = categories.resolve(session, wanted, sight.source)
    missing = sorted(wanted - ours.keys())
    if missing:
        ours |= categories.add_placeholders(session, missing, sight)
    plan = _compare(session, rows, ours, known, sight)
    plan.warnings += [
        f"category {key} is not known yet: a placeholder waits for the next category run"
        for key in missing
    ]
    return plan


def apply(session: Session, plan: Plan[ProductRow], sight: Sight) -> None:
    """Carry out a plan: whole tables at a time."""
    if plan.created:
        _create(session, plan.created, sight)
    if plan.updated:
        _update(session, plan.updated, sight)
    links.note_hashes(session, ExternalProduct, plan.resent)
    if plan.unchanged:
        links.touch(session, ExternalProduct, [link.id for link in plan.unchanged], sight)


def hide(session: Session, sight: Sight) -> None:
    """Take off sale what this run is about to tombstone, unless a person locked ``active``."""
    ids = select(ExternalProduct.product_id).where(links.unseen(ExternalProduct, sight))
    off = [
        {"id": row.id, "active": False, "updated_at": sight.now}
        for row in lock(session, list(session.scalars(ids)))
        if "active" not in (row.locked_fields or ())
    ]
    if off:
        session.execute(update(Product), off)


def lock(session: Session, ids: Sequence[int]) -> list[Record[Any]]:
    """The products' columns, locked in id order: who else changes stock waits, and no two of us
    wait for each other.
    """
    columns = [getattr(Product, name) for name in ("id", *FIELDS, "locked_fields")]
    found: list[Record[Any]] = []
    for part in bulk.parts(sorted(set(ids))):
        query = select(*columns).where(Product.id.in_(part)).order_by(Product.id).with_for_update()
        found += session.execute(query)
    return found


def _categories(rows: Sequence[ProductRow]) -> set[str]:
    return {row.category for row in rows if row.category is not None}


def _compare(
    session: Session,
    rows: Sequence[ProductRow],
    ours: Mapping[str, int],
    known: Mapping[str, Known],
    sight: Sight,
) -> Plan[ProductRow]:
    shop = sight.sites.shop
    for row in rows:
        row.category_id = ours.get(row.category) if row.category is not None else None
        row.shop_id = shop(row.site)
    plan = plan_page(rows, known, sight, lambda changes: _written(session, changes))
    if sight.stock_mode == "mirror" and plan.unchanged:
        _find_drift(session, plan, rows)
    return plan


def _written(session: Session, changes: Sequence[Change[ProductRow]]) -> set[str]:
    """The keys of those whose values are what the source said last time."""
    ties = ExternalProduct
    query = select(
        ties.external_id, ties.upstream_title, ties.upstream_price, ties.upstream_stock,
        ties.external_sku, ties.upstream_barcode, ties.upstream_category, Product.shop_id,
        ties.details,
    ).join(Product, Product.id == ties.product_id)  # fmt: skip
    # As text: to Python 1, 1.0 and True are one.
    last = {
        values[0]: (*values[1:-1], details.encode(values[-1]))
        for part in bulk.parts([change.link.id for change in changes])
        for values in session.execute(query.where(ties.id.in_(part)))
    }
    return {row.external_id for row, _, _ in changes if last[row.external_id] == _says(row)}


def _says(row: ProductRow) -> tuple[Any, ...]:
    price = bulk.amount(row.price)
    return (row.title, price, row.stock, row.sku, row.barcode, row.category, row.shop_id,
            row.details)  # fmt: skip


def _find_drift(session: Session, plan: Plan[ProductRow], rows: Sequence[ProductRow]) -> None:
    """In mirror mode a product whose stock moved here is set again, though unchanged there."""
    ids = [link.target_id for link in plan.unchanged]
    query = select(Product.id, Product.stock, Product.locked_fields)
    stocks = {
        ident: stock
        for part in bulk.parts(ids)
        for ident, stock, locked in session.execute(query.where(Product.id.in_(part)))
        # A stock that a person locked is not to be set, so it cannot drift.
        if "stock" not in (locked or ())
    }
    by_key = {row.external_id: row for row in rows}
    drifted = {
        link.external_id
        for link in plan.unchanged
        if stocks.get(link.target_id, link.upstream_stock) != link.upstream_stock
    }
    plan.updated += [
        Change(by_key[link.external_id], link)
        for link in plan.unchanged
        if link.external_id in drifted
    ]
    plan.unchanged = [link for link in plan.unchanged if link.external_id not in drifted]


def _create(session: Session, created: list[ProductRow], sight: Sight) -> None:
    codec = bulk.Codec(session)
    at, source, run, money = codec.moment(sight.now), sight.source, sight.run_id, codec.money
    ids = bulk.reserve_ids(session, Product, len(created))
    products, ties = [], []
    for ident, row in zip(ids, created, strict=True):
        price = money(row.price)
        # 1 is true for both databases, and sqlite3 takes half a microsecond to adapt a bool.
        products.append((ident, row.shop_id, row.category_id, row.title, row.sku, row.barcode,
                         price, row.stock, 1, at, at))  # fmt: skip
        ties.append((row.external_id, source, ident, row.sku, row.title, price, row.stock,
                     row.barcode, row.category, row.details, row.hash, "synced", at,
                     run))  # fmt: skip
    bulk.insert(session, Product, PRODUCT, products)
    bulk.insert(session, ExternalProduct, LINK, ties)
    stock.open_ledgers(session, ids, sight)


def _update(session: Session, changes: list[Change[ProductRow]], sight: Sight) -> None:
    current = {row.id: row for row in lock(session, [change.link.target_id for change in changes])}
    products, moves = [], []
    for change in changes:
        ours = current[change.link.target_id]
        values = _decide(ours, change, sight)
        if any(getattr(ours, name) != values[name] for name in FIELDS):
            products.append({"id": ours.id, "updated_at": sight.now, **values})
        if values["stock"] != ours.stock:
            moves.append((ours.id, values["stock"] - ours.stock, values["stock"]))
    if products:
        session.execute(update(Product), products)
    stock.record(session, moves, sight)
    _update_links(session, changes, sight)


def _decide(ours: Record[Any], change: Change[ProductRow], sight: Sight) -> dict[str, Any]:
    """The product's values after this change: the source's, save where a person locked one."""
    row, locked = change.row, set(ours.locked_fields or ())
    wanted: dict[str, Any] = {name: getattr(row, name) for name in FIELDS if name != "active"}
    wanted["price"] = bulk.amount(row.price)
    wanted["active"] = True if change.link.gone else ours.active
    if sight.stock_mode == "delta":
        # The change of the upstream value, so that what was sold here since is not undone.
        wanted["stock"] = ours.stock + row.stock - change.link.upstream_stock
    return {name: getattr(ours, name) if name in locked else wanted[name] for name in FIELDS}


def _update_links(session: Session, changes: list[Change[ProductRow]], sight: Sight) -> None:
    values = [
        {
            "id": change.link.id,
            "external_sku": change.row.sku,
            "upstream_title": change.row.title,
            "upstream_price": bulk.amount(change.row.price),
            "upstream_stock": change.row.stock,
            "upstream_barcode": change.row.barcode,
            "upstream_category": change.row.category,
            "details": json.loads(change.row.details),
            "payload_hash": change.row.hash,
            "sync_status": "synced",
            "last_synced_at": sight.now,
            "seen_run": sight.run_id,
            "gone_at": None,
            "error": None,
        }
        for change in changes
    ]
    session.execute(update(ExternalProduct), values)


TARGET: Target[ProductRow] = Target(
    link=ExternalProduct,
    version=VERSION,
    compare=compare,
    preview=preview,
    apply=apply,
    bury=hide,
)
