"""``/api/v2/simple/ventes/sync/``: a till's sales are stored, then their result is answered.

Check, commit the batch, ring, answer. After a 2xx the sales survive any crash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from flask import Blueprint, Response, current_app, request, url_for

from api.bell import BELL
from api.till import body, devices, waiting
from api.till.answers import Pending, State, Synced
from api.till.errors import PREFIX, worded
from api.till.waiting import Patience
from api.web.access import allow
from api.web.describe import Answer, describe, refuses_till
from core.logs import correlation_id, get_logger
from db.session import reading, writing
from db.tills import batches
from db.tills.batches import KeyReused, Received
from syncs.sales import answers
from syncs.sales.process import TASK

log = get_logger(__name__)
bp = Blueprint("till_sales", __name__, url_prefix=f"{PREFIX}ventes/sync")

AGAIN = {"Retry-After": "5"}
"""After so many seconds a batch that was not processed is worth another look."""
STATES = {"due": "en_attente", "running": "en_cours", "failed": "echec"}

FOLLOWED = ("Preference-Applied", "Idempotent-Replayed")
EXAMPLE = [
    {
        "numero_facture": "VENTE-001",
        "mode_paiement": "CASH",
        "paye": True,
        "lignes": [{"article_id": 6, "quantite": 1, "prix_unitaire": 40000}],
    }
]

_UUID = re.compile(r"[0-9a-f-]{36}", re.ASCII).fullmatch


@bp.post("/", strict_slashes=False)
@allow("terminal")
@describe(
    Answer(
        status=201, kind=Synced, when="the batch is worked off", maybe=FOLLOWED,
    ),
    Answer(
        status=202, kind=Pending, headers=("Location", "Retry-After"), maybe=FOLLOWED,
        when="the batch is taken in, and nobody waits for it any longer",
    ),
    refuses_till(
        400, "INVALID_FORMAT", "INVALID_KEY",
        when="it is no array, or no strict JSON in plain UTF-8, or the key is none",
    ),
    refuses_till(
        413, "TOO_MANY_SALES", "TOO_MANY_LINES",
        when="more than 500 sales, 200 lines in one (`index`), or 10,000 lines in all",
    ),
    refuses_till(422, "KEY_REUSED", when="the `Idempotency-Key` came with another body before"),
    body=body.Sales,
    example=EXAMPLE,
    headers=("Idempotency-Key", "Prefer"),
)  # fmt: skip
def take() -> Response:
    """201 with the result, or 202: the sales are in."""
    sales = body.sales()
    key = body.key()
    if not sales.count:
        return _answer(201, json.dumps(answers.empty(*_who()), ensure_ascii=False))
    received = _receive(sales, key)
    patience = waiting.patience(request.headers.get("Prefer", ""))
    waited, result = _wait(received, patience)
    headers = {}
    if applied := patience.applied(waited=waited, result=result is not None):
        headers["Preference-Applied"] = applied
    if received.replayed:
        headers["Idempotent-Replayed"] = "true"
    if result is not None:
        return _answer(201, result, headers)
    pending = _pending(received.uuid, sales.count, needs_key=not sales.numbered and key is None)
    page = url_for("till_sales.show", batch_id=received.uuid)
    return _answer(202, pending, {**headers, **AGAIN, "Location": page})


@bp.get("/<batch_id>/", strict_slashes=False)
@allow("terminal")
@describe(
    Answer(kind=Synced | State, maybe=("Retry-After",), when="its result, or its state"),
    refuses_till(404, "BATCH_NOT_FOUND", when="the shop has no such batch"),
    path={"batch_id": {"format": "uuid"}},
)
def show(batch_id: str) -> Response:
    """The result of a batch, as its 201 has it; else how far it is."""
    shop_id = devices.current().shop_id
    with reading() as session:
        batch = batches.find(session, shop_id, batch_id) if _UUID(batch_id) else None
        if batch is None:
            raise worded(404, "BATCH_NOT_FOUND")
        status, result, count = batch.status, batch.result, batch.count
    if status == "done" and result is not None:
        return _answer(200, result)
    return _answer(200, _pending(batch_id, count, statut=STATES[status]), AGAIN)


def _receive(sales: body.Sent, key: str | None) -> Received:
    till = devices.current()
    try:
        with writing() as session:
            devices.spend(session)
            received = batches.receive(
                session,
                till,
                body=sales.body,
                count=sales.count,
                numbered=sales.numbered,
                key=key,
                correlation_id=correlation_id(),
            )
    except KeyReused:
        raise worded(422, "KEY_REUSED") from None
    log.info(
        "sales.received",
        shop=till.shop_id,
        terminal=till.id,
        count=sales.count,
        batch=received.uuid,
        replayed=received.replayed,
    )
    return received


def _wait(received: Received, patience: Patience) -> tuple[bool, str | None]:
    """Whether we waited, and the result if there is one by now."""
    if received.status == "done":
        return False, received.result
    BELL.ring(TASK, received.batch_id)
    if not patience.seconds:
        return False, None
    with waiting.SEATS.seat(current_app.config["MOST_WAITING"]) as free:
        if not free:
            return False, None
        # Without a broker no worker is woken for the batch, and waiting is in vain.
        result = waiting.for_result(
            received.batch_id, seconds=patience.seconds, hopeless=BELL.unheard
        )
        return result is not None or not BELL.unheard(), result


def _pending(uuid: str, count: int, *, needs_key: bool = False, **more: str) -> str:
    answer = answers.pending(*_who(), count=count, batch_id=uuid, needs_key=needs_key)
    return json.dumps(answer | more, ensure_ascii=False)


def _who() -> tuple[int, str, str]:
    """The shop's id and name, and the terminal's."""
    till = devices.current()
    return till.shop_id, till.shop_name, till.name


def _answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, status, headers=headers, mimetype="application/json")
