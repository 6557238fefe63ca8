"""The web face: check, store, enqueue, answer. ``create_app()`` is the WSGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app"]


def create_app() -> Flask:
    """See ``api.app``; imported when it is called, for ``api.autosync`` works without Flask."""
    from api import app  # noqa: PLC0415, see above

    return app.create_app()
