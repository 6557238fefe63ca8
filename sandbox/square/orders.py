"""Orders as Square has them: sales, returns and what is still open, each with its totals."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveInt

Order = dict[str, Any]

DISHES = (
    ("VARQUICHE", "Quiche du moulin", "Part", 1200),
    ("VARCREPE", "Crêpe au sucre", "Grande", 450),
    ("VARCIDRE", "Cidre brut", "Bouteille", 1650),
    ("VARCAFE", "Café", "Tasse", 220),
)


def money(amount: int, currency: str = "EUR") -> dict[str, Any]:
    """Square's Money, in minor units."""
    return {"amount": amount, "currency": currency}


def instant(moment: datetime) -> str:
    """``moment`` as Square writes it, in milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def line(  # noqa: PLR0913  (each is a field of Square's)
    number: int,
    *,
    name: str = "Quiche du moulin",
    variation: str = "Part",
    product: str | None = "VARQUICHE",
    quantity: str = "1",
    price: int = 1200,
    discount: int = 0,
    rate: int = 10,
    currency: str = "EUR",
) -> dict[str, Any]:
    """One line with an inclusive tax of ``rate`` percent; ``price`` is one unit's."""
    gross = round(price * float(quantity))
    total = gross - discount
    tax = round(total * rate / (100 + rate))
    found: dict[str, Any] = {
        "uid": f"line-{number}",
        "name": name,
        "variation_name": variation,
        "quantity": quantity,
        "item_type": "ITEM" if product else "CUSTOM_AMOUNT",
        "base_price_money": money(price, currency),
        "variation_total_price_money": money(gross, currency),
        "gross_sales_money": money(gross, currency),
        "total_discount_money": money(discount, currency),
        "total_tax_money": money(tax, currency),
        "total_money": money(total, currency),
        "applied_taxes": [
            {
                "uid": f"applied-{number}",
                "tax_uid": f"tax-{rate}",
                "applied_money": money(tax, currency),
            }
        ],
    }
    if product:
        found |= {"catalog_object_id": product, "catalog_version": 1763600000000}
    return found


def sale(  # noqa: PLR0913  (each is a field of Square's)
    ident: str,
    *,
    closed_at: datetime,
    location: str = "LFICTIVE1",
    lines: Iterable[dict[str, Any]] | None = None,
    tip: int = 0,
    tender: str = "CARD",
    state: str = "COMPLETED",
    currency: str = "EUR",
    customer: str | None = None,
) -> Order:
    """A paid order with these ``lines``, which was opened ten minutes before."""
    lines = [line(1, currency=currency)] if lines is None else list(lines)
    total = sum(it["total_money"]["amount"] for it in lines)
    tax = sum(it["total_tax_money"]["amount"] for it in lines)
    discount = sum(it["total_discount_money"]["amount"] for it in lines)
    amounts = {
        "total_money": money(total + tip, currency),
        "tax_money": money(tax, currency),
        "discount_money": money(discount, currency),
        "tip_money": money(tip, currency),
        "service_charge_money": money(0, currency),
    }
    found: Order = {
        "id": ident,
        "location_id": location,
        "source": {"name": "Square Point of Sale"},
        "line_items": lines,
        "taxes": _taxes(lines, currency),
        "net_amounts": amounts,
        "created_at": instant(closed_at - timedelta(minutes=10)),
        "updated_at": instant(closed_at + timedelta(seconds=1)),
        "state": state,
        "version": 4,
        "total_money": amounts["total_money"],
        "total_tax_money": amounts["tax_money"],
        "total_discount_money": amounts["discount_money"],
        "total_tip_money": amounts["tip_money"],
        "total_service_charge_money": money(0, currency),
    }
    if customer:
        found["customer_id"] = customer
    if state != "OPEN":
        found["closed_at"] = instant(closed_at)
    if state == "COMPLETED":
        found["tenders"] = [
            {
                "id": f"{ident}-tender",
                "location_id": location,
                "transaction_id": ident,
                "created_at": instant(closed_at)[:19] + "Z",
                "amount_money": money(total + tip, currency),
                "tip_money": money(tip, currency),
                "type": tender,
                "payment_id": f"{ident}-payment",
            }
        ]
    return found


def refund(ident: str, of: Order, *, closed_at: datetime) -> Order:
    """The order in which Square gives back all of ``of``: its lines as ``returns``, no sale."""
    currency = of["total_money"]["currency"]
    nothing = money(0, currency)
    back = {name: dict(amount) for name, amount in of["net_amounts"].items()}
    returned = [
        {
            **{name: value for name, value in it.items() if name != "gross_sales_money"},
            "uid": f"back-{it['uid']}",
            "source_line_item_uid": it["uid"],
            "gross_return_money": it["gross_sales_money"],
        }
        for it in of["line_items"]
    ]
    taxes = [
        {name: value for name, value in tax.items() if name != "auto_applied"}
        for tax in of["taxes"]
    ]
    given = {
        "id": f"{ident}-refund",
        "location_id": of["location_id"],
        "transaction_id": ident,
        "tender_id": f"{of['id']}-tender",
        "created_at": instant(closed_at)[:19] + "Z",
        "reason": "Plat non servi",
        "amount_money": back["total_money"],
        "status": "APPROVED",
    }
    return {
        "id": ident,
        "location_id": of["location_id"],
        "source": {"name": "Square Point of Sale"},
        "returns": [
            {
                "uid": f"{ident}-return",
                "source_order_id": of["id"],
                "return_line_items": returned,
                "return_taxes": taxes,
                "return_amounts": back,
            }
        ],
        "return_amounts": back,
        "net_amounts": {name: money(-amount["amount"], currency) for name, amount in back.items()},
        "refunds": [given],
        "created_at": instant(closed_at - timedelta(seconds=5)),
        "updated_at": instant(closed_at + timedelta(seconds=1)),
        "closed_at": instant(closed_at),
        "state": "COMPLETED",
        "version": 2,
        "total_money": nothing,
        "total_tax_money": nothing,
        "total_discount_money": nothing,
        "total_tip_money": nothing,
        "total_service_charge_money": nothing,
    }


def made(
    count: int,
    *,
    locations: Iterable[str],
    start: datetime,
    every: timedelta,
    first: int = 0,
    seed: int = 1,
) -> list[Order]:
    """``count`` sales, one ``every`` so often from ``start`` on, over ``locations`` in turn; their
    numbers begin with ``first``.
    """
    dice = random.Random(seed)
    places = list(locations)
    return [
        sale(
            f"ORD{number:07}",
            closed_at=start + (number - first) * every,
            location=places[number % len(places)],
            lines=[_dish(place, dice) for place in range(1, dice.randint(1, 4) + 1)],
            tip=dice.choice((0, 0, 0, 200)),
            tender=dice.choice(("CARD", "CARD", "CASH")),
        )
        for number in range(first, first + count)
    ]


class Sales(BaseModel):
    """An order to sell so often now."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: PositiveInt = 1

    def made(self, locations: Iterable[str], *, now: datetime, first: int) -> list[Order]:
        """The sales, a millisecond after each other; their numbers begin with ``first``."""
        moment = timedelta(milliseconds=1)
        return made(self.count, locations=locations, start=now, every=moment, first=first)


def _dish(number: int, dice: random.Random) -> dict[str, Any]:
    product, name, variation, price = dice.choice(DISHES)
    quantity = str(dice.randint(1, 3))
    return line(
        number, name=name, variation=variation, product=product, quantity=quantity, price=price
    )


def _taxes(lines: Iterable[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    sums: dict[str, int] = {}
    for it in lines:
        for applied in it["applied_taxes"]:
            uid = applied["tax_uid"]
            sums[uid] = sums.get(uid, 0) + applied["applied_money"]["amount"]
    return [
        {
            "uid": uid,
            "name": f"TVA {uid.removeprefix('tax-')} %",
            "percentage": uid.removeprefix("tax-"),
            "type": "INCLUSIVE",
            "scope": "LINE_ITEM",
            "applied_money": money(amount, currency),
        }
        for uid, amount in sums.items()
    ]
