"""Products: keep values of ours against the source's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from db.catalogue import locked_fields
from db.session import writing
from syncs.acts.by import By
from syncs.views.shapes import Id, Shape


class Locked(Shape):
    """The fields of a product that no sync overwrites now."""

    id: Id
    locked: list[str]


def lock(ident: str, fields: Sequence[str], *, external: bool, by: By) -> Locked:
    """Let no sync overwrite these fields; ``RefusedError`` when ``ident`` is not one product's."""
    with writing() as session:
        product_id = locked_fields.find(session, ident, external=external)
        locked = locked_fields.lock(session, product_id, fields)
        by.note(session, "product.lock", f"product {product_id}", fields=sorted(fields))
    return Locked(id=product_id, locked=locked)


def unlock(ident: str, fields: Sequence[str], *, external: bool, by: By) -> Locked:
    """Let syncs write these fields again; ``RefusedError`` when ``ident`` is not one product's."""
    with writing() as session:
        product_id = locked_fields.find(session, ident, external=external)
        locked = locked_fields.unlock(session, product_id, fields)
        by.note(session, "product.unlock", f"product {product_id}", fields=sorted(fields))
    return Locked(id=product_id, locked=locked)


def set_values(ident: str, values: Mapping[str, object], *, external: bool, by: By) -> Locked:
    """Set values of ours and lock their fields; ``RefusedError`` when one cannot be set."""
    with writing() as session:
        product_id = locked_fields.find(session, ident, external=external)
        locked = locked_fields.set_values(session, product_id, values)
        by.note(session, "product.set", f"product {product_id}", fields=sorted(values))
    return Locked(id=product_id, locked=locked)
