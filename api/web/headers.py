"""The security headers of every answer, errors included."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

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
    # A proxy that ends TLS speaks plain HTTP to us.
    if request.is_secure or current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
