"""The security headers of every answer, errors included."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


def register(app: Flask) -> None:
    """Put them on every answer of ``app``."""
    app.after_request(secure)


def secure(response: Response) -> Response:
    """What a view has set itself stays."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
