"""The web process notes which connectors it has read, when it has answered somebody."""

from __future__ import annotations

from flask import Flask, Response, request

from api.process import health, metrics
from syncs.acts.folders import FolderNote


def register(app: Flask) -> None:
    """Let ``app`` note it, every few minutes at most."""
    note = FolderNote("web")

    @app.after_request
    def note_later(response: Response) -> Response:
        # Nobody waits for it: the answer is closed by then. Whoever asks how the process is must
        # not find it busy with a store that hangs.
        if request.blueprint not in {health.bp.name, metrics.bp.name}:
            response.call_on_close(note)
        return response
