"""Replaying a refused sale: it is decided again as received, after a correction of the stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import crypto, strict_json
from core.canonical import canonical
from core.errors import RefusedError
from db.models import Reject, SalesBatch
from db.tills import sales
from db.tills.sales import Sender
from db.work import rejects
from syncs.sales import payload
from syncs.sales.decide import Accepted, Decision, Pass, Refused
from syncs.sales.items import Item, read_one
from syncs.sales.selling import settle

REPEATED = timedelta(days=7)
"""For how long a till that is offline may repeat a sale."""


def replay(session: Session, reject: Reject, who: str, number: str | None = None) -> None:
    """Sell it now, as a sale of its batch, under ``number`` when its own is another sale's;
    ``RefusedError`` when it is refused again.

    The till gets the answer of a recorded sale when it sends this one again.
    """
    batch = session.get(SalesBatch, reject.batch_id)
    assert batch is not None
    assert reject.batch_position is not None
    # The shop first, as a batch does, so that the two do not wait for each other.
    sender = sales.hold_shop(session, batch.shop_id, batch.terminal_id)
    under = None if number is None else _number(number)
    rejects.settle(session, reject, "replayed", f"replayed by {who}")
    item = replace(_item(batch, reject.batch_position, ZoneInfo(sender.timezone)), under=under)
    _require_unsold(session, sender, batch, item)
    this_pass = Pass(batch_id=batch.id, received_at=batch.received_at, again=True)
    (decision,) = settle(session, sender, [item], this_pass)
    _require_sold(reject, decision)
    if under is not None and isinstance(decision, Accepted):
        reject.reason = f"replayed by {who} as {under}"


def _require_sold(reject: Reject, decision: Decision) -> None:
    """``RefusedError`` when it is refused again, or kept its own number and was given another."""
    item = decision.item
    if isinstance(decision, Refused):
        where = f" ({decision.field})" if decision.field else ""
        message = decision.message.removesuffix(".")
        raise RefusedError(f"Reject {reject.id} is still refused{where}: {message}.")
    if item.under and isinstance(decision, Accepted) and decision.new.number != item.under:
        raise RefusedError(
            f"Number {item.number} is free: replay reject {reject.id} without another number."
        )


def _number(given: str) -> str:
    """The number that a person gives a sale, in its canonical form."""
    number = canonical(given)
    if not number or payload.number_of({"numero_facture": number}) != number:
        raise RefusedError("A number is 1 to 64 characters, none of them a control character.")
    return number


def _item(batch: SalesBatch, position: int, zone: ZoneInfo) -> Item:
    """The sale at this position of the batch, from 1."""
    raws = strict_json.parse(crypto.unseal(batch.body).encode(), tolerant=True)
    return read_one(raws[position - 1], position, batch.shop_id, zone, batch.number_stamp)


def _require_unsold(session: Session, sender: Sender, batch: SalesBatch, item: Item) -> None:
    """``RefusedError`` when a sale without a number, sent without a key, was sold since: its till
    sends it anew until it is taken, each time under another number.
    """
    if item.sale is None or item.sale.number is not None or batch.idempotency_key is not None:
        return
    number = sales.sold_alike(
        session, sender, content=item.content, other_than=batch.id,
        since=batch.received_at - REPEATED,
    )  # fmt: skip
    if number is not None:
        raise RefusedError(
            f"An equal sale without a number was sold by this terminal as {number}: if it is the "
            "same one, discard this refusal."
        )
