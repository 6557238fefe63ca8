"""Which article of ours an item of a ticket is: by the codes that the till's catalogue has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import bulk
from db.models import PosProduct, Product
from db.pos.places import Place
from db.records.merge import Values

Codes = tuple[str, ...]
"""What an item may be found by, the best first: its SKU, its GTIN."""


class Article(NamedTuple):
    """A product of ours, as far as an item is matched with it."""

    id: int
    shop_id: int
    sku: str | None
    barcode: str | None
    active: bool


_ARTICLES = select(*(Product.__table__.c[name] for name in Article._fields))


class Shelf:
    """The articles that may be meant."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._by_code = defaultdict[str, list[Article]](list)
        for article in articles:
            for code in {code for code in (article.sku, article.barcode) if code}:
                self._by_code[code].append(article)

    def find(self, codes: Codes, place: Place | None) -> int | None:
        """The article with the first of these codes that the shop sells one article of; None:
        there is none, or nobody knows which of several.
        """
        if place is None:
            return None
        for code in codes:
            sold = [each for each in self._by_code[code] if each.shop_id in place.assortment]
            sold = [each for each in sold if each.active] or sold
            if len(sold) == 1:
                return sold[0].id
        return None


def codes(session: Session, lines: Sequence[Values], source: str) -> Iterator[Codes]:
    """The codes of each line: its own SKU, then those that the till's catalogue has of it."""
    of_product = _of_products(session, {line["product_external_id"] for line in lines}, source)
    for line in lines:
        known = of_product.get(line["product_external_id"], ())
        yield tuple(dict.fromkeys(code for code in (line["sku"], *known) if code))


def shelf(session: Session, wanted: Collection[str]) -> Shelf:
    """The articles whose SKU or barcode is among ``wanted``."""
    found: list[Article] = []
    for part in bulk.parts(wanted):
        of_code = or_(Product.sku.in_(part), Product.barcode.in_(part))
        rows = session.execute(_ARTICLES.where(of_code, Product.shop_id.is_not(None)))
        found += [Article(*row) for row in rows]
    return Shelf(dict.fromkeys(found))


def _of_products(
    session: Session, keys: AbstractSet[str | None], source: str
) -> Mapping[str | None, tuple[str | None, str | None]]:
    query = select(PosProduct.external_id, PosProduct.sku, PosProduct.gtin)
    found: dict[str | None, tuple[str | None, str | None]] = {}
    for part in bulk.parts(keys - {None}):
        rows = session.execute(
            query.where(PosProduct.source == source, PosProduct.external_id.in_(part))
        )
        found |= {key: (sku, gtin) for key, sku, gtin in rows}
    return found
