"""Refused sales: kept with what was received, tried again by people, closed when they are sold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core import crypto
from db.work import rejects
from db.work.rejects import Refusal
from syncs.sales.decide import Decision, Item, Refused

NAME = "sales"
"""The ``sync`` of their rejects, beside those of real syncs."""


def keep(session: Session, shop_id: int, batch_id: int, decisions: Sequence[Decision]) -> None:
    """Keep refused sales; one refusal of a number and content is open. What was sold closes its."""
    refused = [
        Refusal(
            external_id=item.number,
            code=decision.code,
            field=decision.field,
            message=decision.message,
            payload=item.raw,
            key=identity(shop_id, item),
            batch_id=batch_id,
            position=item.position,
        )
        for decision in decisions
        if isinstance(decision, Refused)
        for item in (decision.item,)
    ]
    # Sent twice in a batch, it may be refused for two reasons: the later one counts.
    latest = {refusal.key: refusal for refusal in refused}
    rejects.keep(session, NAME, None, list(latest.values()))
    sold = [decision.item for decision in decisions if not isinstance(decision, Refused)]
    if sold and rejects.any_open(session, NAME):
        keys = {identity(shop_id, item) for item in sold}
        rejects.close(session, NAME, keys, f"sold by batch {batch_id}", by="identity")


def identity(shop_id: int, item: Item) -> str:
    """Of one shop, number and content there is one open refusal, however often it is sent."""
    content = item.content or crypto.digest(rejects.dump(item.raw))
    return f"{shop_id}:{crypto.digest(f'{item.number}|{content}')}"
