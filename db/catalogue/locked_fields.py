"""What people decided about a product: values of ours, and fields that no sync overwrites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError, RefusedError
from db import bulk
from db.catalogue import products
from db.models import Category, ExternalCategory, ExternalProduct, Product
from db.records import write
from db.session import NO_SYNC

SETTABLE = tuple(name for name in products.LOCKABLE if name != "stock")
"""Stock is the sum of its movements: ``db.catalogue.stock.adjust`` changes it."""

UPSTREAM = {
    "title": "upstream_title",
    "price": "upstream_price",
    "stock": "upstream_stock",
    "sku": "external_sku",
    "barcode": "upstream_barcode",
}
"""The link's column that keeps the source's last value of a field."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A field: our value and the source's last one (None where it has none)."""

    field: str
    ours: object
    source: object
    locked: bool


def find(session: Session, ident: str, *, external: bool = False) -> int:
    """Our product's id, by that id or by the source's; ``RefusedError`` when it is not one."""
    if external:
        query = select(ExternalProduct.product_id).where(ExternalProduct.external_id == ident)
        ids = sorted(set(session.scalars(query)))
    else:
        known = ident.isascii() and ident.isdigit() and len(ident) < 19  # noqa: PLR2004, a 64-bit id
        query = select(Product.id).where(Product.id == (int(ident) if known else 0))
        ids = list(session.scalars(query))
    if not ids:
        whose = "with the external id" if external else "with the id"
        raise RefusedError(f"There is no product {whose} {ident}.")
    if len(ids) > 1:
        raise RefusedError(
            f"Several sources have a product {ident}; name ours: {', '.join(map(str, ids))}."
        )
    return ids[0]


def lock(session: Session, product_id: int, fields: Iterable[str]) -> list[str]:
    """Let no sync overwrite these fields; all that are locked now."""
    product = _held(session, product_id)
    locked = {*(product.locked_fields or ()), *_checked(fields)}
    return _keep(session, product, locked)


def unlock(session: Session, product_id: int, fields: Iterable[str]) -> list[str]:
    """Let syncs write these fields again, and the next one do so; all that are still locked."""
    product = _held(session, product_id)
    locked = set(product.locked_fields or ()) - set(_checked(fields))
    session.execute(
        update(ExternalProduct)
        .where(ExternalProduct.product_id == product_id)
        .values(payload_hash=None),
        execution_options=NO_SYNC,
    )
    return _keep(session, product, locked)


def set_values(session: Session, product_id: int, values: Mapping[str, object]) -> list[str]:
    """Write values of ours and lock their fields; all that are locked now."""
    product = _held(session, product_id)
    wrong = values.keys() - set(SETTABLE)
    if wrong:
        raise RefusedError(f"{', '.join(sorted(wrong))} cannot be set here.")
    category = values.get("category_id")
    if category is not None and session.get(Category, category) is None:
        raise RefusedError(f"There is no category {category}.")
    for name, value in values.items():
        setattr(product, name, value)
    return _keep(session, product, {*(product.locked_fields or ()), *values})


def explain(session: Session, product: Product) -> list[Explained]:
    """Each lockable field: ours, the source's last value, locked or not."""
    locked, tie = set(product.locked_fields or ()), link(session, product.id)
    return [
        Explained(
            field=name,
            ours=getattr(product, name),
            source=_source_value(session, tie, name) if tie is not None else None,
            locked=name in locked,
        )
        for name in products.LOCKABLE
    ]


def link(session: Session, product_id: int) -> ExternalProduct | None:
    """What ties the product to its source: the living tie, else a tombstone."""
    return session.scalars(
        select(ExternalProduct)
        .where(ExternalProduct.product_id == product_id)
        .order_by(ExternalProduct.gone_at.is_not(None), ExternalProduct.id)
        .limit(1)
    ).one_or_none()


def _source_value(session: Session, tie: ExternalProduct, name: str) -> object:
    if name == "active":
        # No source sends it: a product that the source has is on sale, a tombstone is not.
        return tie.gone_at is None
    if name == "category_id":
        return session.scalar(
            select(ExternalCategory.category_id).where(
                ExternalCategory.source == tie.source,
                ExternalCategory.external_id == tie.upstream_category,
            )
        )
    return getattr(tie, UPSTREAM[name])


def _held(session: Session, product_id: int) -> Product:
    """The product, locked as syncs lock it: whoever holds it goes first."""
    if not write.lock(session, Product, [product_id]):
        raise NotFoundError("product", product_id)
    product = session.get(Product, product_id, populate_existing=True)
    assert product is not None
    return product


def _checked(fields: Iterable[str]) -> list[str]:
    chosen = list(fields)
    unknown = sorted(set(chosen) - set(products.LOCKABLE))
    if unknown:
        raise RefusedError(
            f"{', '.join(unknown)}: no such field; there are {', '.join(products.LOCKABLE)}."
        )
    return chosen


def _keep(session: Session, product: Product, locked: Iterable[str]) -> list[str]:
    # In one order, so that equal sets are equal texts.
    names = [name for name in products.LOCKABLE if name in set(locked)]
    product.locked_fields = names or None
    product.updated_at = bulk.now(session)
    session.flush()
    return names
