"""What may be done with a shop, decided from values alone; each rule raises ``RefusedError``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from core.advice import Advised, Sentence
from core.errors import RefusedError
from db.models import Shop


def default_of(shops: Iterable[Shop]) -> int | None:
    """The shop that new products of no site belong to: of the active ones the marked one, else the
    first.
    """
    active = [(not shop.is_default, shop.id) for shop in shops if shop.active]
    return min(active)[1] if active else None


def may_have_site(site_id: str | None, shops: Iterable[Shop]) -> None:
    """A site is one shop's."""
    for other in shops:
        if site_id is not None and other.site_id == site_id:
            text = f"Site {site_id} belongs to shop {other.id} ({other.name}) already."
            _refuse(Advised(text, "site taken", {"shop": other.id}))


def may_be_used(shop: Shop) -> None:
    """A deactivated shop is of no use."""
    if not shop.active:
        _refuse(Advised(f"{_name(shop)} is deactivated.", "shop deactivated", {"shop": shop.id}))


def may_sell_from(shop: Shop, other: Shop, shops: Collection[Shop]) -> None:
    """A shop sells from an active one of its currency that sells only its own articles."""
    if other.id == shop.id:
        _refuse(f"{_name(shop)} sells its own articles already; name another shop.")
    may_be_used(shop)
    may_be_used(other)
    if other.sells_from is not None:
        _refuse(f"{_name(other)} sells from shop {other.sells_from} itself; name that one.")
    if any(each.sells_from == shop.id for each in shops):
        _refuse(f"Other shops sell from {_name(shop)}, so it cannot sell from another.")
    _same_currency(shop, other)


def may_take_articles(shop: Shop, other: Shop) -> None:
    """Articles move to another active shop of the same currency, for their prices stay."""
    if other.id == shop.id:
        _refuse("The articles must move to another shop.")
    may_be_used(other)
    _same_currency(other, shop)


def may_deactivate(
    shop: Shop, shops: Collection[Shop], *, terminals: Sequence[str], in_stock: int
) -> None:
    """Nobody needs it: no new product, no other shop, no till, and nothing is left in it."""
    if shop.active and default_of(shops) == shop.id:
        text = f"{_name(shop)} is the default shop, which products of no site belong to."
        _refuse(Advised(text, "shop is default"))
    for other in shops:
        if other.sells_from == shop.id:
            text = f"{_name(other)} sells from {_name(shop)}."
            _refuse(Advised(text, "shop sells from", {"shop": other.id}))
    if terminals:
        text = f"{_name(shop)} has active terminals: {', '.join(terminals)}."
        _refuse(Advised(text, "shop has terminals", {"shop": shop.id}))
    if in_stock:
        text = f"{_name(shop)} has articles in stock: {in_stock}."
        _refuse(Advised(text, "shop has stock", {"shop": shop.id}))


def _same_currency(shop: Shop, other: Shop) -> None:
    if other.currency != shop.currency:
        _refuse(
            f"{_name(shop)} sells in {shop.currency}, and the prices of {_name(other)} are in "
            f"{other.currency}."
        )


def _refuse(why: Sentence) -> None:
    raise RefusedError(why)


def _name(shop: Shop) -> str:
    return f"Shop {shop.id} ({shop.name})"
