"""Products of a source: compared by content, written whole pages at a time, stock as movements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import Row as Record
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import bulk, categories, links, stock
from db.models import ExternalProduct, Product
from db.page import Change, New, Plan, Sight, Target, plan_page
from db.shops import Sites

VERSION = 1
"""Grows when what is written changes meaning, so that every product is written once more."""

LOCKABLE = ("title", "sku", "barcode", "price", "category_id", "stock", "active")
FIELDS = ("title", "sku", "barcode", "price", "category_id", "shop_id", "active", "stock")
PRODUCT = ("id", "shop_id", "category_id", "title", "sku", "barcode", "price", "stock", "active",
           "created_at", "updated_at")  # fmt: skip
LINK = ("external_id", "source", "product_id", "external_sku", "upstream", "upstream_stock",
        "details", "payload_hash", "sync_status", "last_synced_at", "seen_run")  # fmt: skip


class ProductRow(NamedTuple):
    """A product as columns: ``price`` in ten-thousandths of the shop's currency, ``stock`` in
    units, ``details`` the JSON text of what we do not map.

    ``category`` and ``site`` are the source's ids; ``category_id`` and ``shop_id`` ours, once
    resolved. ``upstream`` is the JSON text of the mapped values as the source sent them.
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
    upstream: str
    category_id: int | None = None
    shop_id: int | None = None


def content_hash(row: ProductRow) -> str:
    """A hash over all that writing ``row`` would put into the store."""
    text = f"{VERSION}|{row.category_id}|{row.shop_id}|{row.upstream}|{row.details}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def compare(session: Session, rows: Sequence[ProductRow], sight: Sight) -> Plan[ProductRow]:
    """What writing ``rows`` would do; nothing is written."""
    wanted = {row.category for row in rows if row.category is not None}
    ours = categories.resolve(session, wanted, sight.source)
    return _compare(session, rows, ours, sight)


def compare_to_write(
    session: Session, rows: Sequence[ProductRow], sight: Sight
) -> Plan[ProductRow]:
    """As ``compare``, with placeholders for categories nobody has heard of yet."""
    wanted = {row.category for row in rows if row.category is not None}
    ours = categories.resolve(session, wanted, sight.source)
    missing = sorted(wanted - ours.keys())
    if missing:
        ours |= categories.add_placeholders(session, missing, sight)
    plan = _compare(session, rows, ours, sight)
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
    if plan.unchanged:
        links.touch(session, ExternalProduct, [link.id for link in plan.unchanged], sight)


def hide(session: Session, sight: Sight) -> None:
    """Take off sale what this run is about to tombstone, unless a person locked ``active``."""
    ids = select(ExternalProduct.product_id).where(links.unseen(ExternalProduct, sight))
    locked = {row.id: row for row in lock(session, list(session.scalars(ids)))}
    off = [{"id": i, "active": False, "updated_at": sight.now} for i, row in locked.items()
           if "active" not in (row.locked_fields or ())]  # fmt: skip
    if off:
        session.execute(update(Product), off)


def lock(session: Session, ids: Sequence[int]) -> list[Record[Any]]:
    """The products' columns, locked in id order: who else changes stock waits, and no two of us
    wait for each other. In parts, for a database's parameters are counted.
    """
    columns = [getattr(Product, name) for name in ("id", *FIELDS, "locked_fields")]
    found: list[Record[Any]] = []
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), 1000):
        part = ordered[start : start + 1000]
        query = select(*columns).where(Product.id.in_(part)).order_by(Product.id).with_for_update()
        found += session.execute(query)
    return found


def _compare(
    session: Session, rows: Sequence[ProductRow], ours: dict[str, int], sight: Sight
) -> Plan[ProductRow]:
    sites = Sites(session, sight.site_id)
    resolved = [
        row._replace(
            category_id=ours.get(row.category) if row.category else None,
            shop_id=sites.shop(row.site),
        )
        for row in rows
    ]
    known = links.known(session, ExternalProduct, sight.source, {row.external_id for row in rows})
    plan = plan_page(resolved, known, content_hash, sight)
    if sight.stock_mode == "mirror":
        _find_drift(session, plan, resolved)
    return plan


def _find_drift(session: Session, plan: Plan[ProductRow], rows: Sequence[ProductRow]) -> None:
    """In mirror mode a product whose stock moved here must be set again, though unchanged there."""
    ids = [link.target_id for link in plan.unchanged]
    stocks = dict(
        session.execute(select(Product.id, Product.stock).where(Product.id.in_(ids))).all()
    )
    drifted = {link.id for link in plan.unchanged if stocks[link.target_id] != link.upstream_stock}
    if not drifted:
        return
    keys = dict(
        session.execute(
            select(ExternalProduct.id, ExternalProduct.external_id).where(
                ExternalProduct.id.in_(drifted)
            )
        ).all()
    )
    by_key = {row.external_id: row for row in rows}
    for link in plan.unchanged:
        if link.id in drifted:
            plan.updated.append(Change(by_key[keys[link.id]], link.hash or "", link))
    plan.unchanged = [link for link in plan.unchanged if link.id not in drifted]


def _create(session: Session, created: list[New[ProductRow]], sight: Sight) -> None:
    codec = bulk.Codec(session)
    at, source, run, money = codec.moment(sight.now), sight.source, sight.run_id, codec.money
    ids = bulk.reserve_ids(session, Product, len(created))
    products, ties, stocks = [], [], []
    for ident, new in zip(ids, created, strict=True):
        row = new.row
        products.append((ident, row.shop_id, row.category_id, row.title, row.sku, row.barcode,
                         money(row.price), row.stock, True, at, at))  # fmt: skip
        ties.append((row.external_id, source, ident, row.sku, row.upstream, row.stock,
                     row.details, new.hash, "synced", at, run))  # fmt: skip
        stocks.append((ident, row.stock))
    bulk.insert(session, Product, PRODUCT, products)
    bulk.insert(session, ExternalProduct, LINK, ties)
    stock.open_ledgers(session, stocks, sight)


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
            "upstream": json.loads(change.row.upstream),
            "upstream_stock": change.row.stock,
            "details": json.loads(change.row.details),
            "payload_hash": change.hash,
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
    link=ExternalProduct, compare=compare_to_write, preview=compare, apply=apply, bury=hide
)
