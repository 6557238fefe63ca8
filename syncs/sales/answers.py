"""The response to a till for its batch: the guide's bodies, with its keys in the guide's order.

Amounts are texts, with two decimals or as many as they have; they are in the shop's currency.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from db.models import Sale, SaleLine
from db.tills.sales import NewSale, Sender
from db.types import to_units
from syncs.sales.decide import Accepted, Decision, Recorded, Refused
from syncs.sales.items import Item

_CENTS = 100
DUPLICATE = "DOUBLON"

NEEDS_A_KEY = (
    "Des ventes sans numero_facture ont été reçues sans en-tête Idempotency-Key\u00a0: renvoyées, "
    "elles seraient enregistrées une seconde fois."
)


def pending(
    shop_id: int, shop_name: str, terminal: str, *, count: int, batch_id: str,
    needs_key: bool = False,
) -> dict[str, object]:  # fmt: skip
    """The 202: every field of the 201, which tills read on any 2xx, and the batch's id."""
    body = {
        **_frame(
            shop_id, shop_name, terminal, message=f"{count} vente(s) reçue(s), traitement en cours",
            sent=count, good=0, bad=0,
        ),
        "ventes_creees": [],
        "ventes_erreurs": None,
        "batch_id": batch_id,
    }  # fmt: skip
    if needs_key:
        body["avertissement"] = NEEDS_A_KEY
    return body


def empty(shop_id: int, shop_name: str, terminal: str) -> dict[str, object]:
    """The 201 of an empty array: there was nothing to keep."""
    return {
        **_frame(shop_id, shop_name, terminal, message=_synced(0), sent=0, good=0, bad=0),
        "ventes_creees": [],
        "ventes_erreurs": None,
    }


def done(
    sender: Sender,
    decisions: Sequence[Decision],
    recorded: Mapping[int, Sale],
    lines: Mapping[int, Sequence[SaleLine]],
    *,
    needs_key: bool,
) -> str:
    """The 201 as the bytes that are kept and sent."""
    created: list[dict[str, object]] = []
    for decision in decisions:
        if isinstance(decision, Accepted):
            created.append(_new(decision.item, decision.new))
        elif isinstance(decision, Recorded):
            sold = _sold(decision, recorded, lines)
            if decision.own:
                created.append(sold)
            elif sender.answers_duplicates:
                created.append({**sold, "deja_enregistree": True})
    errors = [error for each in decisions if (error := _error(each, recorded)) is not None]
    good = len(decisions) - len(errors)
    body = {
        **_frame(
            sender.shop_id, sender.shop_name, sender.terminal, message=_synced(good),
            sent=len(decisions), good=good, bad=len(errors),
        ),
        "ventes_creees": created,
        "ventes_erreurs": errors or None,
    }  # fmt: skip
    if needs_key:
        body["avertissement"] = NEEDS_A_KEY
    return json.dumps(body, ensure_ascii=False)


def money(units: int) -> str:
    """Ten-thousandths as the guide writes amounts: "40000.00"; more decimals only if they are."""
    sign, units = ("-", -units) if units < 0 else ("", units)
    whole, rest = divmod(units, 10_000)
    if rest % _CENTS == 0:
        return f"{sign}{whole}.{rest // _CENTS:02}"
    return f"{sign}{whole}.{rest:04}".rstrip("0")


def amount(value: Decimal) -> str:
    """As ``money``, of a column's value."""
    return money(to_units(value))


def _frame(
    shop_id: int, shop_name: str, terminal: str, *, message: str, sent: int, good: int, bad: int
) -> dict[str, object]:
    return {
        "success": True,
        "message": message,
        "boutique_id": shop_id,
        "boutique_nom": shop_name,
        "terminal": terminal,
        "statistiques": {"total_envoyees": sent, "reussies": good, "erreurs": bad},
    }


def _synced(count: int) -> str:
    return f"{count} vente(s) synchronisée(s) avec succès"


def _new(item: Item, sale: NewSale) -> dict[str, object]:
    return _sale(
        item, sale.total, sale.discount,
        [(line.title, line.quantity, line.unit_price, line.subtotal) for line in sale.lines],
    )  # fmt: skip


def _sold(
    decision: Recorded, recorded: Mapping[int, Sale], lines: Mapping[int, Sequence[SaleLine]]
) -> dict[str, object]:
    if decision.twin is not None:
        return _new(decision.item, decision.twin)
    assert decision.sale_id is not None
    sale = recorded[decision.sale_id]
    return _sale(
        decision.item,
        to_units(sale.total),
        None if sale.discount is None else to_units(sale.discount),
        [
            (line.title, line.quantity, to_units(line.unit_price), to_units(line.subtotal))
            for line in lines[sale.id]
        ],
    )


def _sale(
    item: Item, total: int, discount: int | None, lines: Iterable[tuple[str, int, int, int]]
) -> dict[str, object]:
    """By the number that the till sent, for by that it knows its sale."""
    body: dict[str, object] = {"numero_facture": item.number, "montant_total": money(total)}
    if discount is not None:
        body["remise"] = money(discount)
    body["lignes"] = [
        {
            "article_nom": title,
            "quantite": quantity,
            "prix_unitaire": money(price),
            "sous_total": money(subtotal),
        }
        for title, quantity, price, subtotal in lines
    ]
    return body


def _error(decision: Decision, recorded: Mapping[int, Sale]) -> dict[str, object] | None:
    """Its entry in ``ventes_erreurs``; None when it is sold by this batch."""
    if isinstance(decision, Refused):
        return _refusal(decision)
    if isinstance(decision, Recorded) and not decision.own:
        return _duplicate(decision, recorded)
    return None


def _refusal(decision: Refused) -> dict[str, object]:
    body: dict[str, object] = {
        "index": decision.item.position,
        "numero_facture": decision.item.number,
        "erreur": decision.message,
        "code": decision.code,
    }
    if decision.field:
        body["champ"] = decision.field
    return body


def _duplicate(decision: Recorded, recorded: Mapping[int, Sale]) -> dict[str, object]:
    item = decision.item
    sale = None if decision.sale_id is None else recorded[decision.sale_id]
    under = "" if sale is None or sale.sent_number is None else f" sous {sale.invoice_number}"
    return {
        "index": item.position,
        "numero_facture": item.number,
        "erreur": f"Vente {item.key} existe déjà{under}, ignorée",
        "code": DUPLICATE,
        "deja_enregistree": True,
    }
