"""``/webhooks/<name>/``: a vendor announces what happened there."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, request

from api.bell import BELL
from api.web.access import allow
from api.web.describe import Answer, describe, refuses
from api.web.problems import Problem
from syncs.views.shapes import Shape
from syncs.webhooks import receive as webhooks
from syncs.webhooks import receivers

bp = Blueprint("webhooks", __name__)

MOST_BYTES = 1024 * 1024


class Received(Shape):
    """The event is kept: since now, or because it came before."""

    status: Literal["stored", "known"]


@bp.post("/webhooks/<name>/")
@allow("public")
@describe(
    Answer(kind=Received),
    refuses(
        401, "SIGNATURE", headers=("WWW-Authenticate",),
        when="the signature is missing or wrong; nothing is kept",
    ),
    refuses(413, "BODY_TOO_LARGE", when="the body is larger than 1 MiB"),
    refuses(
        503, "STORE_AWAY", "CONFIGURATION", maybe=("Retry-After",),
        when="the store is away, or the connector's file is wrong; the vendor sends it again",
    ),
)  # fmt: skip
def receive(name: str) -> dict[str, object]:
    """Store an event that the vendor of a connector signed; a worker processes it. Who stored it
    does not wait for the bell.
    """
    receiver = receivers.find(name)
    try:
        kept = webhooks.receive(receiver, _headers(), _body())
    except webhooks.SignatureError as error:
        challenge = {"WWW-Authenticate": 'Signature realm="moulin"'}
        raise Problem(401, error.code, str(error), headers=challenge) from None
    if kept.to_ring is not None:
        BELL.ring(webhooks.TASK, kept.to_ring)
    return Received(status=kept.status).dump()


def _headers() -> dict[str, str]:
    return {key.lower(): value for key, value in request.headers.items()}


def _body() -> bytes:
    """What came, to the letter; ``Problem`` 413 before more than is allowed is read."""
    request.max_content_length = MOST_BYTES
    if (request.content_length or 0) > MOST_BYTES:
        raise Problem(
            413, "BODY_TOO_LARGE", "The body is larger than 1 MiB; send each event by itself."
        )
    return request.get_data(cache=False)
