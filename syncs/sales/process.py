"""Working a batch off: one short transaction, all articles locked in id order, one effect.

A crash anywhere leaves the batch as it was, and it is worked off again; a sale that is refused
changes nothing and does not disturb the others.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.orm import Session

from core import backoff, crypto, strict_json
from core.errors import MoulinError
from core.logs import bind_correlation_id, get_logger
from db.session import writing
from db.tills import batch_claims, sales
from db.tills.batch_claims import BatchLost, Claim
from db.tills.sales import Sender
from db.work import failures
from syncs.running.ending import attempt, said
from syncs.running.pages import REFUSED
from syncs.sales import answers, decide, refused
from syncs.sales.decide import Accepted, Decision, Item, Pass, Recorded, Refused

log = get_logger(__name__)

TASK = "sales.process"
LEASE = 60.0
"""Seconds. A batch takes milliseconds; the largest one on a slow disk some seconds."""
PATIENCE = 20.0
"""Seconds to wait for whoever holds the shop or an article: well within the lease."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to put a batch back while the store is away: within the lease too."""
MOST_FAILURES = 5
MOST_KEPT = 25
FIRST_WAIT = 3.0
TRIES = (0.05, 0.2, 1.0)
"""Seconds before a transaction that the database broke off (a deadlock, a restart) is repeated."""

NOT_WRITTEN = "La vente n’a pas pu être enregistrée\u00a0; elle est gardée pour vérification"
_BROKEN_OFF = (OperationalError, InterfaceError, InternalError, DisconnectionError)
"""InternalError: a server that became read-only, or that ended a transaction that stood still."""


def process(batch_id: int, task_id: str | None = None) -> str:
    """Work the batch off: ``done``, or ``left`` when somebody else has it or it is over.

    Raises what made it fail, after its row says so: it is due again, or waits for a person.
    """
    with writing() as session:
        held = batch_claims.claim(session, batch_id, seconds=LEASE, task_id=task_id)
    if held is None:
        return "left"
    bind_correlation_id(held.correlation_id)
    try:
        _work_off(held, task_id)
    except BatchLost:
        log.warning("sales.batch_lost", batch=batch_id)
        return "left"
    return "done"


def settle(
    session: Session, sender: Sender, items: Sequence[Item], this_pass: Pass
) -> list[Decision]:
    """Decide ``items`` and write what is sold; refusals are kept, and closed when they are sold.

    The caller holds the shop.
    """
    numbers = {item.number for item in items if item.number}
    numbers |= {
        decide.other_number(item.number, this_pass)
        for item in items
        if item.number and item.sale is not None and item.sale.number is None
    }
    known = sales.known(session, sender.shop_id, numbers)
    articles = sales.lock_articles(session, sender.shop_id, _articles(items))
    decider = decide.Decider(sender, this_pass, known, articles)
    decisions = list(decider.decide(items))
    accepted = [decision.new for decision in decisions if isinstance(decision, Accepted)]
    if accepted:
        sales.write(
            session, sender, accepted, articles, batch_id=this_pass.batch_id,
            received_at=this_pass.received_at,
        )  # fmt: skip
    refused.keep(session, sender.shop_id, this_pass.batch_id, decisions)
    return decisions


def _work_off(held: Claim, task_id: str | None) -> None:
    if held.failures > MOST_FAILURES:
        raise _bury(held, task_id)
    try:
        _work(held)
    except BatchLost:
        raise
    except Exception as error:
        # The edge of a batch: whatever happened, its row must say so.
        _put_back(held, error, task_id)
        if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
            # What a database says of a row it refuses quotes the row.
            raise MoulinError(said(error)) from None
        raise


def _articles(items: Sequence[Item]) -> set[int]:
    """The articles that are asked for, as far as a column could hold their ids."""
    return {
        line.product_id for item in items if item.sale is not None for line in item.sale.lines
        if 0 < line.product_id < 2**63
    }  # fmt: skip


def _work(held: Claim) -> None:
    for wait in TRIES:
        try:
            _once(held)
        except _BROKEN_OFF as error:
            log.warning("sales.again", batch=held.batch_id, error=said(error))
            time.sleep(wait)
        else:
            return
    _once(held)


def _once(held: Claim) -> None:
    raws = strict_json.parse(crypto.unseal(held.body).encode(), tolerant=True)
    try:
        sender, decisions = _in_one(held, raws)
    except REFUSED as error:
        if isinstance(error, _BROKEN_OFF):
            raise
        # One sale holds what the database refuses; found by writing them one by one.
        log.warning("sales.one_by_one", batch=held.batch_id, error=said(error))
        sender, decisions = _one_by_one(held, raws)
    _tell(sender, decisions)


def _in_one(held: Claim, raws: Sequence[object]) -> tuple[Sender, list[Decision]]:
    with writing(patience=PATIENCE) as session:
        sender = sales.hold_shop(session, held.shop_id, held.terminal_id)
        items = decide.read(raws, sender, held.number_stamp)
        decisions = settle(session, sender, items, _this_pass(held))
        _finish(session, held, sender, decisions)
    return sender, decisions


def _one_by_one(held: Claim, raws: Sequence[object]) -> tuple[Sender, list[Decision]]:
    decisions: list[Decision] = []
    this_pass = _this_pass(held)
    with writing(patience=PATIENCE) as session:
        sender = sales.hold_shop(session, held.shop_id, held.terminal_id)
        items = decide.read(raws, sender, held.number_stamp)
        # All of them first: one by one they would not be taken in the order of their ids.
        sales.lock_articles(session, sender.shop_id, _articles(items))
        for item in items:
            try:
                with session.begin_nested():
                    decisions += settle(session, sender, [item], this_pass)
            except REFUSED as error:
                if isinstance(error, _BROKEN_OFF):
                    raise
                refusal = Refused(item, "REFUS_BASE", NOT_WRITTEN)
                refused.keep(session, sender.shop_id, held.batch_id, [refusal])
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


def _tell(sender: Sender, decisions: Sequence[Decision]) -> None:
    """The guide's log, after the commit: numbers and amounts, never who bought."""
    for decision in decisions:
        number = decision.item.number
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


def _put_back(held: Claim, error: Exception, task_id: str | None) -> None:
    tries = [*held.errors, attempt(error, task_id)][-MOST_KEPT:]
    # That the database breaks off is no fault of the batch: it never dies of it.
    blameless = isinstance(error, _BROKEN_OFF)
    if held.failures >= MOST_FAILURES and not blameless:
        _give_up(held, tries, task_id)
        return
    wait = backoff.full_jitter(held.failures, first=FIRST_WAIT)
    for pause in (*PAUSES, None):
        try:
            with writing(patience=PATIENCE) as session:
                batch_claims.put_back(session, held, wait=wait, errors=tries, blameless=blameless)
        except _BROKEN_OFF:
            # Not said, the try would be counted as one that died of the batch.
            if pause is None:
                raise
            time.sleep(pause)
        else:
            break
    log.warning("sales.waits", batch=held.batch_id, seconds=round(wait), error=said(error))


def _bury(held: Claim, task_id: str | None) -> MoulinError:
    """Claimed too often without an end: whoever works it off dies before it can say why."""
    died = MoulinError(
        f"{MOST_FAILURES} tries died without saying why (killed, out of memory?). Look at the "
        "worker's log, then retry it; the batch is kept.",
        code="DIED",
    )
    _give_up(held, [*held.errors, attempt(died, task_id)], task_id)
    return died


def _give_up(held: Claim, tries: Sequence[dict[str, object]], task_id: str | None) -> None:
    with writing() as session:
        batch_claims.give_up(session, held, errors=tries)
        failures.record(
            session, task=TASK, task_id=task_id, args=[held.batch_id], kwargs={}, queue="sales",
            attempts=tries,
        )  # fmt: skip
    log.error("sales.failed", batch=held.batch_id, error=tries[-1]["message"])
