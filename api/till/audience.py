"""The tills as an audience of the web face: their prefix, their authentication, their errors."""

from __future__ import annotations

from flask import Flask, Response

from api.till import devices, errors, signatures
from api.web import audiences
from api.web.audiences import Audience, Refusal

SCHEMES = {
    "deviceSerial": {
        "type": "apiKey",
        "in": "header",
        "name": devices.SERIAL,
        "description": "A till's serial number, of `python manage.py terminal add`. At level 0 it "
        "is enough. Any till may send `X-Device-Timestamp` as well; it tells what its clock says.",
    },
    "deviceToken": {
        "type": "apiKey",
        "in": "header",
        "name": signatures.TOKEN,
        "description": "At level 1: the terminal's token.",
    },
    "deviceSignature": {
        "type": "apiKey",
        "in": "header",
        "name": signatures.SIGNATURE,
        "description": "At level 2: HMAC-SHA256 in hex, under the terminal's token, of method, "
        "path with its query, `X-Device-Timestamp`, SHA-256 of the body in hex and, if it is sent, "
        "`X-Device-Nonce`, joined by line feeds.",
    },
    "deviceTimestamp": {
        "type": "apiKey",
        "in": "header",
        "name": signatures.TIMESTAMP,
        "description": "At level 2: when it was signed, in Unix seconds or ISO 8601, at most 300 s "
        "from the server's clock.",
    },
}
WAYS = (
    ("deviceSerial",),
    ("deviceSerial", "deviceToken"),
    ("deviceSerial", "deviceSignature", "deviceTimestamp"),
)


def register(app: Flask) -> None:
    """Let the tills in, and answer them in their own shape."""
    devices.register(app)
    app.register_error_handler(errors.TillError, errors.answer)
    audiences.register(
        app,
        Audience(
            role="terminal",
            prefix=errors.PREFIX,
            tag="tills",
            authenticate=devices.enter,
            refuse=_refuse,
            schemes=SCHEMES,
            ways=WAYS,
        ),
    )


def _refuse(problem: Refusal) -> Response:
    more = {"champ": problem.errors[0].field} if problem.errors else {}
    return errors.answer(errors.worded(problem.status, problem.code, problem.headers, **more))
