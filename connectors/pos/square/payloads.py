"""An order as Square sends it (Orders API, 2025-08-20); what we do not read is not named."""

from __future__ import annotations

from decimal import Decimal

from pydantic import ConfigDict

from connectors.pos.square.wire import Currency, Instant, Listed, Money, Quantity, part
from core.payload import ExternalId, Payload


@part
class Tax:
    """OrderLineItemTax: ``percentage`` is text, as "5.5"."""

    uid: str | None = None
    percentage: Decimal | None = None


@part
class AppliedTax:
    """OrderLineItemAppliedTax: which of the order's taxes a line has."""

    tax_uid: str


@part
class Modifier:
    """OrderLineItemModifier: a supplement, so many of it (else one) to one unit of its line."""

    base_price_money: Money | None = None
    quantity: Quantity | None = None


@part
class Line:
    """OrderLineItem and OrderReturnLineItem."""

    uid: str | None = None
    name: str | None = None
    variation_name: str | None = None
    note: str | None = None
    quantity: Quantity
    catalog_object_id: ExternalId | None = None
    base_price_money: Money | None = None
    total_discount_money: Money | None = None
    total_tax_money: Money | None = None
    total_money: Money | None = None
    applied_taxes: Listed[AppliedTax] = ()
    modifiers: Listed[Modifier] = ()
    return_modifiers: Listed[Modifier] = ()


@part
class ServiceCharge:
    """OrderServiceCharge and OrderReturnServiceCharge, as for large tables."""

    uid: str | None = None
    name: str | None = None
    catalog_object_id: ExternalId | None = None
    total_tax_money: Money | None = None
    total_money: Money | None = None
    applied_taxes: Listed[AppliedTax] = ()


@part
class Amounts:
    """OrderMoneyAmounts."""

    total_money: Money | None = None
    tax_money: Money | None = None
    discount_money: Money | None = None
    tip_money: Money | None = None


@part
class Return:
    """OrderReturn: what this order takes back of an earlier one."""

    uid: str | None = None
    return_line_items: Listed[Line] = ()
    return_service_charges: Listed[ServiceCharge] = ()
    return_taxes: Listed[Tax] = ()
    return_amounts: Amounts | None = None


@part
class Tender:
    """Tender: ``amount_money`` has the tip in it."""

    id: str | None = None
    type: str = "OTHER"
    amount_money: Money | None = None
    tip_money: Money | None = None


@part
class Refund:
    """Refund: money given back on a tender, of this order or of an earlier one."""

    id: str
    tender_id: str | None = None
    status: str = "PENDING"
    amount_money: Money


@part
class Place:
    """An order's location, which lies beside it: the order itself has the id alone."""

    timezone: str | None = None


class OrderPayload(Payload):
    """Order: a sale, a return, or both."""

    model_config = ConfigDict(extra="ignore")

    id: ExternalId
    location_id: ExternalId
    location: Place | None = None
    state: str
    version: int | None = None
    customer_id: ExternalId | None = None
    created_at: Instant
    updated_at: Instant
    closed_at: Instant | None = None
    total_money: Money
    total_tax_money: Money | None = None
    total_discount_money: Money | None = None
    total_tip_money: Money | None = None
    net_amounts: Amounts | None = None
    return_amounts: Amounts | None = None
    line_items: Listed[Line] = ()
    service_charges: Listed[ServiceCharge] = ()
    taxes: Listed[Tax] = ()
    tenders: Listed[Tender] = ()
    returns: Listed[Return] = ()
    refunds: Listed[Refund] = ()


class LocationPayload(Payload):
    """Location; a day there cannot be told without its zone."""

    id: ExternalId
    name: str | None = None
    timezone: str
    currency: Currency
    status: str | None = None
