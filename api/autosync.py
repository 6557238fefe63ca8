"""Pages that wake syncs: whoever reads them while the data is stale has a run begin.

``AutoSyncB2BMiddleware`` is plain WSGI and works in front of any Python site; it stands in front
of our own as well. The page is answered first, then the store is looked at: no reader waits for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from core.settings import settings
from syncs.registry import find
from syncs.wake import Waker

CATALOGUE = ("b2b.categories", "b2b.products")


class AutoSyncB2BMiddleware:
    """Wakes ``syncs`` after each answer to a page under ``paths``.

    ``/`` is the home page alone, any other path all that begins with it. Default:
    ``AUTO_SYNC_PATHS``. It never raises, and adds nothing to the page.
    """

    def __init__(
        self,
        app: Any,
        *,
        paths: Collection[str] | None = None,
        syncs: Collection[str] = CATALOGUE,
    ) -> None:
        self._app = app
        self._waker = Waker([find(name) for name in syncs])
        chosen = settings().auto_sync_paths if paths is None else paths
        self._homes = frozenset(path for path in chosen if path == "/")
        self._beginnings = tuple(path for path in chosen if path != "/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The page, and then the look."""
        answer: Iterable[bytes] = self._app(environ, start_response)
        if not self._concerns(environ):
            return answer
        return ClosingIterator(answer, self._waker.wake)

    def _concerns(self, environ: dict[str, Any]) -> bool:
        path = environ.get("PATH_INFO") or "/"
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return False
        return path in self._homes or path.startswith(self._beginnings)


def register(app: Flask) -> None:
    """Let the pages of ``app`` wake the catalogue; with no paths only ``/synced/`` does."""
    app.extensions["wakers"] = {name: Waker([find(name)]) for name in CATALOGUE}
    if settings().auto_sync_paths:
        app.wsgi_app = AutoSyncB2BMiddleware(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to wrap it
