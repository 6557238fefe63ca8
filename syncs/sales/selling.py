"""Selling a batch: one short transaction, all articles locked in id order, one effect.

A sale that is refused changes nothing and does not disturb the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core import crypto, strict_json
from core.logs import get_logger
from db.session import writing
from db.tills import batch_claims, sales
from db.tills.batch_claims import Claim
from db.tills.sales import Sender
from syncs.sales import answers, decide, refused
from syncs.sales.decide import Accepted, Decision, Pass, Recorded, Refused
from syncs.sales.items import Item, read
from syncs.trying import BROKEN_OFF, REFUSED, message_of

log = get_logger(__name__)

PATIENCE = 20.0
"""Seconds to wait for whoever holds the shop or an article: well within the lease."""
NOT_WRITTEN = "La vente n’a pas pu être enregistrée\u00a0; elle est gardée pour vérification"


def sell(held: Claim) -> None:
    """Sell the batch's sales and keep its answer; what is refused changes nothing.

    ``BatchLost`` and every other error undo all of it.
    """
    raws = strict_json.parse(crypto.unseal(held.body).encode(), tolerant=True)
    try:
        sender, decisions = _in_one(held, raws)
    except REFUSED as error:
        if isinstance(error, BROKEN_OFF):
            raise
        # One sale holds what the database refuses; writing them one by one finds it.
        log.warning("sales.one_by_one", batch=held.batch_id, error=message_of(error))
        sender, decisions = _one_by_one(held, raws)
    _log(sender, decisions)


def settle(
    session: Session, sender: Sender, items: Sequence[Item], this_pass: Pass
) -> list[Decision]:
    """Decide ``items`` and write what is sold; refusals are kept, and closed when they are sold.

    The caller holds the shop.
    """
    past = sales.known(session, sender.shop_id, decide.numbers(items, this_pass))
    articles = sales.lock_articles(session, sender.assortment, _articles(items))
    decider = decide.Decider(sender, this_pass, past, articles)
    decisions = list(decider.decide(items))
    accepted = [decision.new for decision in decisions if isinstance(decision, Accepted)]
    if accepted:
        sales.write(
            session, sender, accepted, articles, batch_id=this_pass.batch_id,
            received_at=this_pass.received_at,
        )  # fmt: skip
    refused.keep(session, sender, this_pass.batch_id, decisions)
    return decisions


def _in_one(held: Claim, raws: Sequence[object]) -> tuple[Sender, list[Decision]]:
    with writing(patience=PATIENCE) as session:
        sender = sales.hold_shop(session, held.shop_id, held.terminal_id)
        items = read(raws, sender, held.number_stamp)
        decisions = settle(session, sender, items, _this_pass(held))
        _finish(session, held, sender, decisions)
    return sender, decisions


def _one_by_one(held: Claim, raws: Sequence[object]) -> tuple[Sender, list[Decision]]:
    decisions: list[Decision] = []
    this_pass = _this_pass(held)
    with writing(patience=PATIENCE) as session:
        sender = sales.hold_shop(session, held.shop_id, held.terminal_id)
        items = read(raws, sender, held.number_stamp)
        # All of them first: one by one they would not be taken in the order of their ids.
        sales.lock_articles(session, sender.assortment, _articles(items))
        for item in items:
            try:
                with session.begin_nested():
                    decisions += settle(session, sender, [item], this_pass)
            except REFUSED as error:
                if isinstance(error, BROKEN_OFF):
                    raise
                refusal = Refused(item, "REFUS_BASE", NOT_WRITTEN)
                refused.keep(session, sender, held.batch_id, [refusal])
                decisions.append(refusal)
        _finish(session, held, sender, decisions)
    return sender, decisions


def _finish(session: Session, held: Claim, sender: Sender, decisions: Sequence[Decision]) -> None:
    before = [
        decision.sale_id for decision in decisions
        if isinstance(decision, Recorded) and decision.sale_id is not None
    ]  # fmt: skip
    recorded = sales.recorded(session, before) if before else {}
    lines = sales.lines_of(session, before) if before else {}
    good = sum(
        isinstance(decision, Accepted) or (isinstance(decision, Recorded) and decision.own)
        for decision in decisions
    )
    unnumbered = any(
        decision.item.sale is not None and decision.item.sale.number is None
        for decision in decisions
    )
    result = answers.done(
        sender, decisions, recorded, lines, needs_key=unnumbered and not held.keyed
    )
    batch_claims.finish(session, held, result=result, accepted=good, refused=len(decisions) - good)


def _this_pass(held: Claim) -> Pass:
    return Pass(batch_id=held.batch_id, received_at=held.received_at, again=held.answered)


def _articles(items: Sequence[Item]) -> set[int]:
    """The articles that are asked for, as far as a column could hold their ids."""
    return {
        line.product_id for item in items if item.sale is not None for line in item.sale.lines
        if 0 < line.product_id < 2**63
    }  # fmt: skip


def _log(sender: Sender, decisions: Sequence[Decision]) -> None:
    """The guide's log, after the commit: numbers and amounts, never who bought."""
    for decision in decisions:
        # Not as it was sent: what is around it may be a line break.
        number = decision.item.key or None
        if isinstance(decision, Accepted):
            total = answers.money(decision.new.total)
            log.info(
                "sales.created", shop=sender.shop_id, number=number, amount=total,
                currency=sender.currency,
            )  # fmt: skip
        elif isinstance(decision, Refused):
            log.info("sales.refused", shop=sender.shop_id, number=number, code=decision.code)
        elif not decision.own:
            log.info("sales.duplicate", shop=sender.shop_id, number=number)
