"""Carrying a command out: it is claimed and noted as sent, then called, then noted as done.

A crash anywhere leaves it as sent. Whoever finds it past its lease sends it again under the same
key, or looks first whether it happened, where the vendor knows no keys.
"""

from __future__ import annotations

import json

from connectors.errors import NotSupported
from connectors.families import Family
from connectors.families.commands import AnyCommand, Body, Done
from connectors.limits.rate import urgent
from core import crypto
from core.errors import ConfigurationError, MoulinError, RefusedError, RetriableError
from core.logs import bind_correlation_id, get_logger
from db.session import reading, writing
from db.work import outbox, outbox_claims
from db.work.claims import LeaseLost
from db.work.outbox_claims import Claim
from syncs import trying
from syncs.outbox import fate, notes
from syncs.outbox.notes import Carried
from syncs.outbox.targets import find
from syncs.trying import BROKEN_OFF, MOST_FAILURES

log = get_logger(__name__)

TASK = "outbox.send"
LEAST = 10.0
"""Seconds of the shortest lease."""


def carry_out(ident: int, task_id: str | None = None) -> Carried:
    """Carry the command out, unless somebody else does, it has ended, or it is not its turn.

    Never raises what the vendor did: the row keeps it.
    """
    with reading() as session:
        name = outbox.find(session, ident).connector
    try:
        connector = find(name)
    except (ConfigurationError, RefusedError) as error:
        held = _claim(ident, LEAST, task_id)
        return Carried(None) if held is None else notes.unopened(held, error, task_id)
    with connector:
        held = _claim(ident, max(LEAST, 2 * connector.http.seconds), task_id)
        if held is None:
            return Carried(None)
        bind_correlation_id(held.correlation_id)
        try:
            return _attempt(connector, held, task_id)
        except LeaseLost:
            log.warning("outbox.lost", command=ident)
            return Carried(None)


def _claim(ident: int, seconds: float, task_id: str | None) -> Claim | None:
    with writing() as session:
        return outbox_claims.claim(session, ident, seconds=seconds, task_id=task_id)


def _attempt(connector: Family, held: Claim, task_id: str | None) -> Carried:
    if held.failures > MOST_FAILURES:
        died = trying.died(then=", or resolve it")
        return notes.failed(connector, held, died, task_id)
    in_doubt = held.sent_at is not None and not connector.keyed
    for step in (_look, _send) if in_doubt else (_send,):
        try:
            with urgent():
                done = step(connector, held)
        except Exception as raised:  # noqa: BLE001, the edge of a command: its row keeps every error
            looked = step is _look
            return notes.failed(connector, held, _ours(raised), task_id, looked=looked)
        if done is not None:
            return notes.end(held, fate.of_answer(done), held.errors)
    raise AssertionError("what is sent has an answer")


def _ours(error: Exception) -> MoulinError:
    """The error, or what may be kept of one that is not ours: its message may quote the body."""
    if isinstance(error, MoulinError):
        return error
    if isinstance(error, BROKEN_OFF):
        return RetriableError("The store did not answer.", code="STORE_AWAY")
    ours = MoulinError(f"{type(error).__name__} in our own code.", code="CRASHED")
    return ours.with_traceback(error.__traceback__)


def _look(connector: Family, held: Claim) -> Done | None:
    """What came of an earlier try; None: it was not carried out."""
    command = _command(connector, held)
    if command.look is None:
        raise NotSupported(f"whether {held.verb} happened cannot be asked")
    done: Done | None = command.look(connector, _body(command, held), held.idempotency_key)
    return done


def _send(connector: Family, held: Claim) -> Done:
    command = _command(connector, held)
    done: Done = command.carry_out(connector, _body(command, held), held.idempotency_key)
    return done


def _command(connector: Family, held: Claim) -> AnyCommand:
    if held.verb not in connector.commands:
        raise connector.lacking(held.verb)
    return connector.commands[held.verb]


def _body(command: AnyCommand, held: Claim) -> Body:
    body: Body = command.read(json.loads(crypto.unseal(held.payload)))
    return body
