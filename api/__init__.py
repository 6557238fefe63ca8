"""The web face: check, store, enqueue, answer. ``create_app()`` is the WSGI application."""

from api.app import create_app

__all__ = ["create_app"]
