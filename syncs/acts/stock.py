"""Stock: correct it by a movement with its reason."""

from __future__ import annotations

from db.catalogue import stock
from db.session import writing
from syncs.acts.by import By
from syncs.views.shapes import Id, Shape


class Adjusted(Shape):
    """What a product has in stock after a correction by ``delta``."""

    product_id: Id
    delta: int
    stock: int


def adjust(product_id: int, delta: int, *, by: By) -> Adjusted:
    """Correct a product's stock, for a reason; ``NotFoundError`` when there is none."""
    assert by.why is not None
    with writing() as session:
        after = stock.adjust(session, product_id, delta, by.why)
        by.note(session, "stock.adjust", f"product {product_id}", delta=delta)
    return Adjusted(product_id=product_id, delta=delta, stock=after)
