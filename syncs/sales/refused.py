"""Refused sales: kept with what was received, tried again by people, closed when they are sold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core import crypto
from db.tills.sales import Sender
from db.work import rejects
from db.work.rejects import Refusal
from syncs.sales.decide import Decision, Refused
from syncs.sales.items import Item

NAME = "sales"
"""The ``sync`` of their rejects, beside those of real syncs."""


def keep(session: Session, sender: Sender, batch_id: int, decisions: Sequence[Decision]) -> None:
    """Keep refused sales; of a till one refusal of a number and content is open. What was sold
    closes its own.
    """
    refused = [each for each in decisions if isinstance(each, Refused)]
    # Sent twice in a batch, it may be refused for two reasons: the later one counts.
    latest = {each.key: each for each in (_refusal(sender, batch_id, one) for one in refused)}
    rejects.keep(session, NAME, None, list(latest.values()))
    if not rejects.any_open(session, NAME):
        return
    again = {key for each in refused for key in _identities(sender, each.item)} - latest.keys()
    _close(session, again, f"refused again by batch {batch_id}", state="discarded")
    sold = [each.item for each in decisions if not isinstance(each, Refused)]
    keys = {key for item in sold for key in _identities(sender, item)}
    _close(session, keys, f"sold by batch {batch_id}")


def _refusal(sender: Sender, batch_id: int, decision: Refused) -> Refusal:
    item = decision.item
    return Refusal(
        external_id=item.number,
        code=decision.code,
        field=decision.field,
        message=decision.message,
        payload=item.raw,
        key=identity(sender, item),
        batch_id=batch_id,
        position=item.position,
    )


def _close(session: Session, keys: set[str], reason: str, *, state: str = "replayed") -> None:
    rejects.close(session, NAME, keys, reason, by="identity", state=state)


def identity(sender: Sender, item: Item) -> str:
    """Of one terminal, number and content there is one open refusal, however often it is sent. Two
    tills that count alike are two customers.
    """
    number = item.key if item.number is not None else None
    return _identity(sender.shop_id, sender.terminal_id, number, item.content or _letters(item))


def _identities(sender: Sender, item: Item) -> set[str]:
    """Every identity under which the sale may have been refused: of another terminal of its line,
    as what could not be read then, under the number as it was sent.
    """
    return {
        _identity(sender.shop_id, terminal, number, content)
        for terminal in sender.line
        for number in (item.number, item.key)
        for content in (item.content, _letters(item))
    }


def _identity(shop_id: int, terminal_id: int, number: str | None, content: str) -> str:
    return f"{shop_id}:{terminal_id}:{crypto.digest(f'{number}|{content}')}"


def _letters(item: Item) -> str:
    return crypto.digest(rejects.dump(item.raw))
