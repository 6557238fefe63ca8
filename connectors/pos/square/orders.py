"""From Square's order to a transaction. Pure: an order in, a transaction out.

A return is an order of its own at Square: its ``returns`` are items with negative quantities, and
its total is what it gives back, negative. Service charges are items too, so that the items add up
to the total without the tip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from connectors import currencies
from connectors.families import Item, Payment, Status, Transaction
from connectors.pos.square.payloads import (
    Amounts,
    AppliedTax,
    Line,
    Modifier,
    OrderPayload,
    ServiceCharge,
    Tax,
)
from connectors.pos.square.wire import units

_STATUSES: dict[str, Status] = {"COMPLETED": "completed", "CANCELED": "canceled"}
_NOT_GIVEN_BACK = frozenset({"REJECTED", "FAILED"})

Sign = Callable[[Decimal], Decimal]


def transaction(order: OrderPayload) -> Transaction:
    """``order`` in our words, net of what it takes back."""
    total, tax, discount, tip = _net(order)
    return Transaction(
        id=order.id,
        status=_STATUSES.get(order.state, "open"),
        raw_status=order.state,
        location=order.location_id,
        timezone=order.location.timezone if order.location else None,
        currency=order.total_money.currency,
        total=total,
        tax=tax,
        discount=discount,
        tip=tip,
        refunded=sum((_amounts(back)[0] for back in _returned(order)), Decimal(0)),
        opened_at=order.created_at,
        closed_at=order.closed_at,
        modified_at=order.updated_at,
        customer_id=order.customer_id,
        version=order.version,
        items=tuple(_items(order)),
        payments=tuple(_payments(order)),
    )


def _net(order: OrderPayload) -> Sequence[Decimal]:
    """Total, tax, discount and tip, less what was returned: Square's own sum where it is given."""
    if order.net_amounts is not None:
        return _amounts(order.net_amounts)
    sold = Amounts(
        total_money=order.total_money,
        tax_money=order.total_tax_money,
        discount_money=order.total_discount_money,
        tip_money=order.total_tip_money,
    )
    back = [_amounts(returned) for returned in _returned(order)]
    return [
        sum((-one for one in less), amount)
        for amount, *less in zip(_amounts(sold), *back, strict=True)
    ]


def _amounts(amounts: Amounts) -> Sequence[Decimal]:
    return [
        units(amounts.total_money),
        units(amounts.tax_money),
        units(amounts.discount_money),
        units(amounts.tip_money),
    ]


def _returned(order: OrderPayload) -> Sequence[Amounts]:
    if order.return_amounts is not None:
        return [order.return_amounts]
    return [back.return_amounts or Amounts() for back in order.returns]


def _items(order: OrderPayload) -> Iterator[Item]:
    for line in order.line_items:
        yield _item(line, order.taxes, sign=_kept)
    for charge in order.service_charges:
        yield _charge(charge, order.taxes, sign=_kept)
    for back in order.returns:
        for line in back.return_line_items:
            yield _item(line, back.return_taxes, sign=_negated)
        for charge in back.return_service_charges:
            yield _charge(charge, back.return_taxes, sign=_negated)


def _kept(amount: Decimal) -> Decimal:
    return amount


def _negated(amount: Decimal) -> Decimal:
    return -amount


def _item(line: Line, taxes: Sequence[Tax], *, sign: Sign) -> Item:
    return Item(
        id=line.uid or "",
        product_id=line.catalog_object_id,
        # An order has none; the catalogue has it under `product_id`.
        sku=None,
        name=line.name or line.variation_name or line.note or "",
        quantity=sign(line.quantity),
        price=_price(line),
        discount=sign(units(line.total_discount_money)),
        tax=sign(units(line.total_tax_money)),
        tax_rate=_rate(line.applied_taxes, taxes, taxed=bool(units(line.total_tax_money))),
        total=sign(units(line.total_money)),
    )


def _charge(charge: ServiceCharge, taxes: Sequence[Tax], *, sign: Sign) -> Item:
    tax, total = units(charge.total_tax_money), units(charge.total_money)
    return Item(
        id=charge.uid or "",
        product_id=charge.catalog_object_id,
        sku=None,
        name=charge.name or "",
        quantity=sign(Decimal(1)),
        price=total,
        discount=Decimal(0),
        tax=sign(tax),
        tax_rate=_rate(charge.applied_taxes, taxes, taxed=bool(tax)),
        total=sign(total),
    )


def _price(line: Line) -> Decimal:
    """One unit with its supplements, before discount."""
    if line.base_price_money is not None:
        supplements = (*line.modifiers, *line.return_modifiers)
        return sum(
            (_supplement(each) for each in supplements),
            line.base_price_money.units,
        )
    if line.total_money is None or not line.quantity:
        return Decimal(0)
    whole = line.total_money.units + units(line.total_discount_money)
    step = Decimal(1).scaleb(-currencies.decimals(line.total_money.currency))
    return (whole / line.quantity).quantize(step)


def _supplement(modifier: Modifier) -> Decimal:
    quantity = Decimal(1) if modifier.quantity is None else modifier.quantity
    return units(modifier.base_price_money) * quantity


def _rate(applied: Sequence[AppliedTax], taxes: Sequence[Tax], *, taxed: bool) -> Decimal | None:
    """The percentages of a line's taxes together. A line that names none of them but is ``taxed``
    has the order's only one.
    """
    names = {tax.tax_uid for tax in applied}
    of_line = [tax for tax in taxes if tax.uid in names] if applied else taxes if taxed else ()
    rates = [tax.percentage for tax in of_line if tax.percentage is not None]
    if not rates or (not applied and len(rates) > 1):
        return None
    return sum(rates, Decimal(0))


def _payments(order: OrderPayload) -> Iterator[Payment]:
    methods = {tender.id: tender.type.lower() for tender in order.tenders}
    for tender in order.tenders:
        yield Payment(
            id=tender.id or "",
            method=tender.type.lower(),
            amount=units(tender.amount_money),
            tip=units(tender.tip_money),
        )
    for refund in order.refunds:
        if refund.status not in _NOT_GIVEN_BACK:
            yield Payment(
                id=refund.id,
                # On a return the tender is another order's, and only that order knows what it was.
                method=methods.get(refund.tender_id, "other"),
                amount=-refund.amount_money.units,
                tip=Decimal(0),
            )
