"""Products of a source: placed in our shops and categories, merged with what a person locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from db import columns
from db.catalogue import categories, departures, sites, stock
from db.catalogue.context import CatalogueContext, of_catalogue
from db.models import ExternalProduct, Product
from db.records.kind import Kind, Ours
from db.records.merge import Owner, Values
from db.records.plan import Change, Row, Written
from db.records.write import lock

LOCKABLE = ("title", "sku", "barcode", "price", "category_id", "stock", "active")
FIELDS = ("title", "sku", "barcode", "price", "category_id", "shop_id", "stock")


def prepare(
    session: Session, rows: Sequence[Row], context: CatalogueContext, *, write: bool
) -> list[str]:
    """Put rows into our categories, and into the shops that they belong to while they are in none;
    an unknown category becomes a placeholder, but for one that is ``categories.NONE``.
    """
    values = [row.values for row in rows]
    keys = {each["category"] for each in values} - {None}
    ours = categories.resolve(session, keys, context.source)
    missing = sorted(keys - ours.keys() - {categories.NONE}) if write else []
    if missing:
        ours |= categories.add_placeholders(session, missing, context)
    places = {site: context.sites.first(site) for site in {each["site"] for each in values}}
    for each in values:
        each["category_id"], each["shop_id"] = ours.get(each["category"]), places[each["site"]]
    return [
        f"category {key} is not known yet: a placeholder waits for the next category run"
        for key in missing
    ]


def stays(ours: Values, row: Row, context: CatalogueContext) -> bool:
    """Whether the product keeps its shop: the record names no site, or one that no shop has."""
    return ours["shop_id"] is not None and context.sites.named(row.values["site"]) is None


def owners(ours: Values, change: Change, context: CatalogueContext) -> Mapping[str, Owner]:
    """The source decides, save where a person locked a field; of stock only its change counts, so
    that our sales since are kept. Only a product that comes back is put on sale again.
    """
    by_field = dict.fromkeys(FIELDS, Owner.THEIRS)
    by_field["shop_id"] = Owner.OURS if stays(ours, change.row, context) else Owner.THEIRS
    by_field["active"] = Owner.THEIRS if change.link.gone else Owner.OURS
    if not context.mirrors_stock:
        by_field["stock"] = Owner.SUM
    return by_field | dict.fromkeys(ours["locked_fields"] or (), Owner.OURS)


def differs(ours: Values, row: Row, context: CatalogueContext) -> bool:
    """Whether the product belongs to another shop now or, mirrored, has another stock. A stock
    that a person locked, or of which the record says nothing, is not to be set, so it cannot
    differ.
    """
    if ours["shop_id"] != row.values["shop_id"] and not stays(ours, row, context):
        return True
    if not context.mirrors_stock or "stock" in row.absent:
        return False
    locked = "stock" in (ours["locked_fields"] or ())
    return not locked and bool(ours["stock"] != row.values["stock"])


def note_effects(session: Session, written: Written, context: CatalogueContext) -> None:
    """Keep every change of a stock in the ledger, and who left which shop."""
    _move_stock(session, written, context)
    left: dict[int, list[int]] = defaultdict(list)
    for _, before, merged in written.updated:
        if before["shop_id"] not in (None, merged.values["shop_id"]):
            left[before["shop_id"]].append(before["id"])
    for shop_id, ids in left.items():
        departures.note(session, shop_id, ids, context.now)


def _move_stock(session: Session, written: Written, context: CatalogueContext) -> None:
    if written.created:
        stock.open_ledgers(session, [ident for ident, _ in written.created], context)
    moves = [
        (before["id"], merged.values["stock"] - before["stock"], merged.values["stock"])
        for _, before, merged in written.updated
        if merged.values["stock"] != before["stock"]
    ]
    stock.record(session, moves, context)


def warnings(session: Session, context: CatalogueContext) -> list[str]:
    """What a person should know of the sites that the run's records named."""
    return sites.warnings(session, context.sites, context)


def hide(session: Session, context: CatalogueContext, which: ColumnElement[bool]) -> None:
    """Take off sale what is about to be tombstoned, unless a person locked ``active``."""
    ids = session.scalars(select(ExternalProduct.product_id).where(which))
    off = [
        ident
        for ident, ours in lock(session, Product, ids).items()
        if "active" not in (ours["locked_fields"] or ())
    ]
    news = {"active": False, "updated_at": context.now}
    columns.update(session, Product, off, {}, news)


PRODUCTS: Kind[CatalogueContext] = Kind(
    link=ExternalProduct,
    version=2,
    columns=("sku", "title", "price", "stock", "barcode", "category", "site", "details"),
    names={
        "sku": "external_sku",
        "title": "upstream_title",
        "price": "upstream_price",
        "stock": "upstream_stock",
        "barcode": "upstream_barcode",
        "category": "upstream_category",
        "site": "upstream_site",
    },
    rest="details",
    ours=Ours(
        model=Product,
        key="product_id",
        columns=FIELDS,
        begins={"active": True},
        owners=owners,
        differs=differs,
    ),
    context=of_catalogue,
    prepare=prepare,
    effects=note_effects,
    settle=warnings,
    tombstone=hide,
)
