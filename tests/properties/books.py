"""The books of a chain of shops in plain Python: what DESIGN §7 promises, without the product.

No SQL, no clock, no hash and no code of ours: amounts are ``Decimal``, sameness is equality.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Raw = dict[str, Any]
"""A sale as a till sends it."""
MOST_FAILURES = 5


@dataclass(frozen=True)
class Line:
    """One article of a sale as it was rung up; ``price`` None: the list's."""

    article: int
    quantity: int
    price: Decimal | None


@dataclass(frozen=True)
class Content:
    """What a sale says, whatever its letters and its number."""

    method: str
    paid: bool
    when: datetime | None
    discount: Decimal | None
    lines: tuple[Line, ...]


@dataclass
class Article:
    """A product of a shop."""

    shop: int
    price: Decimal
    stock: int


@dataclass(frozen=True)
class Sold:
    """A sale that was accepted; ``prices`` are those of its lines. ``instead_of`` is the number
    that its till sent, when a person gave it another one.
    """

    batch: int
    till: int
    number: str
    instead_of: str | None
    content: Content
    prices: tuple[Decimal, ...]
    oversold: bool

    @property
    def whole(self) -> Decimal:
        """The lines' sum."""
        pairs = zip(self.content.lines, self.prices, strict=True)
        return sum((line.quantity * price for line, price in pairs), Decimal(0))

    @property
    def discount(self) -> Decimal | None:
        """With the sign of the lines' sum: a refund gives it back."""
        discount = self.content.discount
        return discount if discount is None or self.whole > 0 else -discount

    @property
    def total(self) -> Decimal:
        """Exact."""
        return self.whole - (self.discount or 0)


@dataclass(frozen=True)
class Refusal:
    """A sale that was refused, and where it stands."""

    batch: int
    index: int
    number: str | None
    code: str


@dataclass(frozen=True)
class Answer:
    """What a till reads: numbers sent, good and bad; (number, total, again); (index, number, code).

    ``index`` is from 1; a code is followed by the article that the sentence names, if it does.
    """

    counts: tuple[int, int, int]
    created: tuple[tuple[str, Decimal, bool], ...]
    errors: tuple[tuple[int, str | None, str], ...]


@dataclass
class Batch:
    """What a till sent in one request. ``held``: somebody's lease is alive; ``rests``: not yet."""

    id: int
    shop: int
    till: int
    sales: list[Raw]
    key: str | None = None
    stamp: str | None = None
    status: str = "due"
    failures: int = 0
    held: bool = False
    rests: bool = False
    answers: list[Answer] = field(default_factory=list)

    @property
    def free(self) -> bool:
        """Whether a worker gets it now."""
        return self.status in {"due", "running"} and not self.held and not self.rests


@dataclass
class Books:
    """All that was promised so far. ``sold`` is by shop and number without the blanks around it,
    ``refused`` holds what waits for a person, ``left`` which article has once left which shop.
    """

    allows_negative: dict[int, bool]
    answers_duplicates: dict[int, bool]
    articles: dict[int, Article]
    batches: dict[int, Batch] = field(default_factory=dict)
    sold: dict[tuple[int, str], Sold] = field(default_factory=dict)
    refused: dict[tuple[int, int, str | None, object], Refusal] = field(default_factory=dict)
    left: set[tuple[int, int]] = field(default_factory=set)
    sells_from: dict[int, int] = field(default_factory=dict)
    active: dict[int, bool] = field(default_factory=dict)
    replaces: dict[int, int] = field(default_factory=dict)
    """The old till by the new one."""

    def work(self, batch: Batch) -> None:
        """Every sale of the batch is decided, in their order, and the batch is answered."""
        met: set[str] = set()
        good = 0
        created: list[tuple[str, Decimal, bool]] = []
        errors: list[tuple[int, str | None, str]] = []
        for index, raw in enumerate(batch.sales, 1):
            number, code, sold = self._decide(batch, index, raw, met, again=bool(batch.answers))
            if code is not None:
                errors.append((index, number, code))
            good += code is None
            if code is None or (code == "DOUBLON" and self.answers_duplicates[batch.till]):
                assert number is not None
                assert sold is not None
                created.append((number, sold.total, code is not None))
        counts = (len(batch.sales), good, len(batch.sales) - good)
        batch.answers.append(Answer(counts, tuple(created), tuple(errors)))
        batch.status, batch.failures, batch.held = "done", 0, False

    def sells(self, shop: int, ident: int) -> bool:
        """Whether a sale of this article by the shop is taken: it has it, or had it."""
        return any(
            self.articles[ident].shop == each or (ident, each) in self.left
            for each in (shop, self.sells_from.get(shop))
        )

    def move(self, ident: int, shop: int) -> None:
        """The article is another shop's from now on."""
        self.left.add((ident, self.articles[ident].shop))
        self.articles[ident].shop = shop

    def sell_alone(self, shop: int) -> None:
        """The shop sells from the other one no longer."""
        other = self.sells_from.pop(shop)
        self.left |= {
            (ident, shop) for ident, article in self.articles.items()
            if article.shop == other or (ident, other) in self.left
        }  # fmt: skip

    def replay(self, refusal: Refusal, under: str | None = None) -> bool:
        """A person has a refused sale tried again, ``under`` another number where its own is
        another sale's; whether it is in now.
        """
        batch = self.batches[refusal.batch]
        raw = batch.sales[refusal.index - 1]
        waiting = dict(self.refused)
        if self._repeated(batch, raw):
            return False
        if under is not None and not self._is_known(batch, refusal, read(raw)):
            return False
        _, code, _ = self._decide(batch, refusal.index, raw, set(), again=True, under=under)
        if code not in {None, "DOUBLON"}:
            self.refused = waiting
            return False
        # It may be in beside the number that it was refused under.
        self.refused = {key: one for key, one in self.refused.items() if one != refusal}
        return True

    def replace(self, old: int, new: int) -> bool:
        """A till takes the place of another one; whether it can."""
        good = (
            old != new and old not in self.replaces.values() and new not in self.replaces
            and self.active[new]
        )  # fmt: skip
        if good:
            self.active[old] = False
            self.replaces[new] = old
        return good

    def restore(self, till: int) -> None:
        """A till is let in again, and nobody has its place any longer."""
        self.active[till] = True
        self.replaces = {new: old for new, old in self.replaces.items() if old != till}

    def line(self, till: int) -> list[int]:
        """The tills that count as one, the first one first."""
        members = [till]
        while members[0] in self.replaces:
            members.insert(0, self.replaces[members[0]])
        new_by_old = {old: new for new, old in self.replaces.items()}
        while members[-1] in new_by_old:
            members.append(new_by_old[members[-1]])
        return members

    def number(self, batch: Batch, index: int) -> str | None:
        """The number of a batch's sale: its own, or the one that it got when it was received."""
        raw = batch.sales[index - 1]
        if raw["numero_facture"] or not raw["lignes"]:
            return raw["numero_facture"] or None
        return f"VENTE-{batch.shop}-{batch.stamp}-{index - 1}"

    def _repeated(self, batch: Batch, raw: Raw) -> bool:
        """Whether it may be a sale without a number or a key that its till has sent anew since.

        A sale that says when it happened does so of a day too long ago.
        """
        content = read(raw)
        if content is None or content.when or raw["numero_facture"] or batch.key is not None:
            return False
        return any(
            sold.content == content and sold.batch != batch.id
            and sold.till in self.line(batch.till)
            for (shop, _), sold in self.sold.items() if shop == batch.shop
        )  # fmt: skip

    def _beside(
        self, batch: Batch, number: str, content: Content, met: set[str], *, again: bool
    ) -> str:
        """The number of a sale that came without one, when somebody has used it for his own."""
        other = f"{number}-{batch.id}"
        known, taken = self.sold.get((batch.shop, number)), number in met
        if known is not None and known.batch != batch.id:
            # Who was told the number may have sent the very same under it.
            same = again and known.content == content and known.till in self.line(batch.till)
            taken = not same or (batch.shop, other) in self.sold
        return other if taken else number

    def _decide(
        self, batch: Batch, index: int, raw: Raw, met: set[str], *, again: bool,
        under: str | None = None,
    ) -> tuple[str | None, str | None, Sold | None]:  # fmt: skip
        """The sale's number, the code of its refusal or None, and the sale that is in the books."""
        number, content = self.number(batch, index), read(raw)
        if number and content and not raw["numero_facture"]:
            number = self._beside(batch, number, content, met, again=again)
        code, sold = self._verdict(batch, number, content, met, again=again, under=under)
        line = self.line(batch.till)
        key = (number.strip() if number else None, content or json.dumps(raw, sort_keys=True))
        for till in line:
            self.refused.pop((batch.shop, till, *key), None)
        if sold is not None:
            met.add(sold.number.strip())
        else:
            refusal = Refusal(batch.id, index, number, str(code).split()[0])
            self.refused[batch.shop, batch.till, *key] = refusal
        return number, code, sold

    def _verdict(
        self, batch: Batch, number: str | None, content: Content | None, met: set[str],
        *, again: bool, under: str | None,
    ) -> tuple[str | None, Sold | None]:  # fmt: skip
        if content is None or number is None:
            return "VENTE_INVALIDE", None
        known = self._earlier(batch, number, content)
        if known is not None:
            own = again and known.batch == batch.id and known.number.strip() not in met
            return None if own else "DOUBLON", known
        if (batch.shop, number.strip()) not in self.sold:
            return self._sell(batch, number, None, content)
        if under is None or (batch.shop, under) in self.sold:
            return "CONFLIT_FACTURE", None
        return self._sell(batch, under, number.strip(), content)

    def _earlier(self, batch: Batch, number: str, content: Content) -> Sold | None:
        """The very sale, by whatever number it is in the books; another till's never is."""
        line = self.line(batch.till)
        return next(
            (
                sold for (shop, key), sold in self.sold.items()
                if shop == batch.shop and number.strip() in (key, sold.instead_of)
                and sold.content == content and sold.till in line
            ),
            None,
        )  # fmt: skip

    def _is_known(self, batch: Batch, refusal: Refusal, content: Content | None) -> bool:
        """Whether its number is taken, be it by itself."""
        number = str(refusal.number)
        return (batch.shop, number.strip()) in self.sold or (
            content is not None and self._earlier(batch, number, content) is not None
        )

    def _sell(
        self, batch: Batch, number: str, instead_of: str | None, content: Content
    ) -> tuple[str | None, Sold | None]:
        ours = []
        for line in content.lines:
            article = self.articles.get(line.article)
            if article is None or not self.sells(batch.shop, line.article):
                return f"ARTICLE_INCONNU {line.article}", None
            ours.append(article)
        wanted: Counter[int] = Counter()
        for line in content.lines:
            wanted[line.article] += line.quantity
        short = [each for each, n in wanted.items() if n > 0 and self.articles[each].stock < n]
        if short and not self.allows_negative[batch.shop]:
            return f"STOCK_INSUFFISANT {short[0]}", None
        prices = tuple(
            article.price if line.price is None else line.price
            for line, article in zip(content.lines, ours, strict=True)
        )
        sold = Sold(batch.id, batch.till, number, instead_of, content, prices, bool(short))
        if (content.discount or 0) > abs(sold.whole):
            return "VENTE_INVALIDE", None
        for ident, quantity in wanted.items():
            self.articles[ident].stock -= quantity
        self.sold[batch.shop, number.strip()] = sold
        return None, sold


def read(raw: Raw) -> Content | None:
    """What a sale says; None when it says nothing that can be sold."""
    lines = tuple(
        Line(line["article_id"], line.get("quantite") or 1, _money(line.get("prix_unitaire")))
        for line in raw["lignes"]
    )
    if not lines:
        return None
    when = raw.get("date_vente")
    return Content(
        raw.get("mode_paiement") or "CASH",
        raw.get("paye") is not False,
        None if when is None else datetime.fromisoformat(when),
        None if raw.get("remise") is None else abs(Decimal(str(raw["remise"]))),
        lines,
    )


def _money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
