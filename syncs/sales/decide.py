"""What becomes of each sale of a batch, in their order. Decides only; nothing is read or written.

Amounts are whole ten-thousandths of the shop's currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from core import crypto
from core.canonical import canonical
from db.tills.sales import Article, Known, NewSale, Past, Sender, SoldLine
from db.types import to_units
from syncs.sales import payload
from syncs.sales.items import Item
from syncs.sales.payload import TillLine, TillSale

CONFLICT = "CONFLIT_FACTURE"
LARGEST_TOTAL = 10**13 * 10**4
"""What a column of money holds, with room."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is sold now."""

    item: Item
    new: NewSale


@dataclass(frozen=True, slots=True)
class Recorded:
    """It was sold before: by this very batch (``own``), or it is a duplicate. ``sale_id`` is None
    for the twin of a sale of this batch, which is ``twin``.
    """

    item: Item
    sale_id: int | None
    own: bool = False
    twin: NewSale | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not sold: a code for the till, a French sentence for people, the field's path."""

    item: Item
    code: str
    message: str
    field: str = ""


Decision = Accepted | Recorded | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass over a batch. ``again``: it had an answer, so what it has sold is its ``own``; the
    first time each, for ``met`` are the numbers, in canonical form, this pass has dealt with.
    """

    batch_id: int
    received_at: datetime
    again: bool = False
    met: set[str] = field(default_factory=set)


def other_number(number: str, this_pass: Pass) -> str:
    """The number of an unnumbered sale whose first one was taken; the same in every pass."""
    return f"{number}-{this_pass.batch_id}"


def numbers(items: Iterable[Item], this_pass: Pass) -> set[str]:
    """What a ``Decider`` must know of the past: every number that it may come upon."""
    every: set[str] = set()
    for item in items:
        every |= {number for number in (item.number, item.key, item.under) if number}
        if item.number and item.sale is not None and item.sale.number is None:
            every.add(other_number(item.number, this_pass))
    return every


class Decider:
    """Decides the sales of one batch in order: each finds the stock that those before it left."""

    def __init__(
        self, sender: Sender, this_pass: Pass, past: Past, articles: Mapping[int, Article]
    ) -> None:
        self._sender = sender
        self._this_pass = this_pass
        self._past = past
        self._articles = articles
        self._left = {ident: article.stock for ident, article in articles.items()}
        self._sold: dict[str, tuple[str, NewSale]] = {}

    def decide(self, items: Iterable[Item]) -> Iterator[Decision]:
        """A decision for each, in their order."""
        return map(self._decide, items)

    def _decide(self, item: Item) -> Decision:
        if item.sale is None or item.number is None:
            trouble = item.trouble
            assert trouble is not None
            return Refused(item, trouble.code, str(trouble), trouble.field)
        sale, item = item.sale, self._beside(item)
        assert item.number is not None
        recorded = self._earlier(item)
        if recorded is not None:
            return recorded
        if not self._is_taken(item):
            return self._sell(item, sale, item.number)
        if item.under is None:
            return self._conflict(item)
        if item.under in self._past.sold:
            return _conflict(item, f"La facture {item.under} existe déjà")
        return self._sell(item, sale, item.under)

    def _beside(self, item: Item) -> Item:
        """The item under its other number when a till has chosen ours for a sale of its own."""
        assert item.sale is not None
        assert item.number is not None
        if item.sale.number is not None:
            return item
        this_pass, known = self._this_pass, self._past.sold.get(item.number)
        other = other_number(item.number, this_pass)
        taken = item.number in this_pass.met
        if known is not None and known.batch_id != this_pass.batch_id:
            # A till that knows the number of a refused sale may have sent it under that since.
            own = this_pass.again and self._is_same(item, known)
            taken = not own or other in self._past.sold
        return replace(item, number=other, key=other) if taken else item

    def _earlier(self, item: Item) -> Recorded | None:
        """The same sale, if it was sold before: under its number, or under another one instead."""
        sold = self._under(item)
        for known in (*sold, *self._past.renumbered.get(item.key, ())):
            if self._is_same(item, known):
                return self._recorded(item, known)
        content, twin = self._sold.get(item.key, ("", None))
        if twin is not None and content == item.content:
            return Recorded(item, None, twin=twin)
        return None

    def _under(self, item: Item) -> list[Known]:
        """What was sold under its number.

        Two sales when they were sold under two spellings of it, as numbers once were compared.
        """
        spellings = dict.fromkeys((item.number or "", item.key))
        return [self._past.sold[each] for each in spellings if each in self._past.sold]

    def _is_taken(self, item: Item) -> bool:
        return bool(self._under(item)) or item.key in self._sold

    def _conflict(self, item: Item) -> Refused:
        others = bool(sold := self._under(item)) and not any(map(self._is_ours, sold))
        whose = "est celle d’un autre terminal" if others else "existe déjà avec un autre contenu"
        return _conflict(
            item,
            f"La facture {item.key} {whose}\u00a0; la vente est gardée pour vérification, "
            "inutile de la renvoyer",
        )

    def _is_same(self, item: Item, known: Known) -> bool:
        """Whether it was sent again. Two tills that count alike are two sales, however equal."""
        return known.content_hash == item.content and self._is_ours(known)

    def _is_ours(self, known: Known) -> bool:
        return known.terminal_id in self._sender.line

    def _recorded(self, item: Item, known: Known) -> Recorded:
        this_pass = self._this_pass
        own = (
            this_pass.again
            and known.batch_id == this_pass.batch_id
            and known.number not in this_pass.met
        )
        this_pass.met.add(known.number)
        return Recorded(item, known.sale_id, own=own)

    def _sell(self, item: Item, sale: TillSale, number: str) -> Decision:
        if unknown := _unknown(item, sale, self._articles):
            return unknown
        short = self._short_of(sale)
        if short is not None and not self._sender.allows_negative:
            return Refused(item, "STOCK_INSUFFISANT", f"Stock insuffisant pour {short.title}")
        lines = [self._line(line) for line in sale.lines]
        subtotal = sum(line.subtotal for line in lines)
        discount = None if sale.discount is None else _signed(to_units(sale.discount), subtotal)
        if beyond := _beyond(item, lines, subtotal, sale.discount):
            return beyond
        received_at = self._this_pass.received_at
        new = NewSale(
            number=number, sent_number=item.key if number != item.number else None,
            payment_method=sale.method, paid=sale.is_paid,
            total=subtotal - (discount or 0), discount=discount,
            # The clock of a till may be ahead: nothing is sold after it was received.
            sold_at=min(item.sold_at or received_at, received_at),
            content_hash=item.content,
            client=None if sale.client is None else crypto.seal(sale.client),
            oversold=short is not None, lines=lines,
        )  # fmt: skip
        return self._accept(item, new)

    def _accept(self, item: Item, new: NewSale) -> Accepted:
        for line in new.lines:
            self._left[line.product_id] -= line.quantity
        self._sold[item.key] = (item.content, new)
        self._this_pass.met.add(canonical(new.number))
        return Accepted(item, new)

    def _short_of(self, sale: TillSale) -> Article | None:
        """The first article whose stock is below the sum of its lines."""
        quantities: Counter[int] = Counter()
        for line in sale.lines:
            quantities[line.product_id] += line.quantity
        for ident, quantity in quantities.items():
            if quantity > 0 and quantity > self._left[ident]:
                return self._articles[ident]
        return None

    def _line(self, line: TillLine) -> SoldLine:
        article = self._articles[line.product_id]
        price = article.price if line.unit_price is None else to_units(line.unit_price)
        return SoldLine(
            article.id, article.title, line.quantity, price, article.price, line.quantity * price
        )


def _conflict(item: Item, message: str) -> Refused:
    return Refused(item, CONFLICT, message, "numero_facture")


def _unknown(item: Item, sale: TillSale, articles: Mapping[int, Article]) -> Refused | None:
    """The first article that is none of the shop's."""
    for place, line in enumerate(sale.lines):
        if line.product_id not in articles:
            message = f"Article {line.product_id} non trouvé"
            return Refused(item, "ARTICLE_INCONNU", message, f"lignes.{place}.article_id")
    return None


def _signed(discount: int, subtotal: int) -> int:
    """The discount with the sign of the lines' sum: what was taken off is given back with them."""
    return -discount if subtotal < 0 else discount


def _beyond(
    item: Item, lines: Iterable[SoldLine], subtotal: int, discount: Decimal | None
) -> Refused | None:
    """What no column of money holds, or no discount can be."""
    where, what = "", ""
    for place, line in enumerate(lines):
        if abs(line.subtotal) > LARGEST_TOTAL:
            where, what = f"lignes.{place}", "le montant est trop grand"
    if abs(subtotal) > LARGEST_TOTAL:
        where, what = "lignes", "le montant total est trop grand"
    elif discount and not subtotal:
        where, what = "remise", "un échange dont la somme est 0 n’a pas de remise"
    elif discount and to_units(discount) > abs(subtotal):
        where, what = "remise", "dépasse le montant de la vente"
    if not where:
        return None
    return Refused(item, payload.INVALID, f"{where}\u00a0: {what}.", where)
