"""Pages that wake syncs: whoever reads them while the data is stale has a run begin.

``AutoSyncB2BMiddleware`` is plain WSGI: it wraps any Python site, and our own as well. The store is
read after the page is answered, so no reader waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sized
from typing import TYPE_CHECKING

from core.settings import settings
from syncs.due.wake import Waker
from syncs.registry import find

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

CATALOGUE = ("b2b.categories", "b2b.products")
LOOKED_AT = "moulin.autosync"
"""In a request's environment: its page wakes syncs already."""


class AutoSyncB2BMiddleware:
    """Wakes ``syncs`` after each answer to a page under ``paths``.

    ``/`` is the home page alone, any other path all that begins with it. Default:
    ``AUTO_SYNC_PATHS``. It never raises, and adds nothing to the page. An unknown name among
    ``syncs`` is a ``RefusedError`` at once, before the first page.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        paths: Collection[str] | None = None,
        syncs: Collection[str] = CATALOGUE,
    ) -> None:
        self._app = app
        self._waker = Waker([find(name) for name in syncs])
        chosen = settings().auto_sync_paths if paths is None else paths
        self._home = "/" in chosen
        self._beginnings = tuple(path for path in chosen if path != "/")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The page, and then the look."""
        if not self._concerns(environ):
            return self._app(environ, start_response)
        environ[LOOKED_AT] = True
        return woken(self._app(environ, start_response), self._waker.wake)

    def _concerns(self, environ: WSGIEnvironment) -> bool:
        path: str = environ.get("PATH_INFO") or "/"
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return False
        return (self._home and path == "/") or path.startswith(self._beginnings)


def woken(answer: Iterable[bytes], wake: Callable[[], None]) -> Iterable[bytes]:
    """``answer``, and ``wake()`` when the server has closed it."""
    # Of an answer in one part the server itself sets Content-Length.
    return _Parts(answer, wake) if isinstance(answer, Sized) else _Stream(answer, wake)


class _Stream:
    def __init__(self, answer: Iterable[bytes], wake: Callable[[], None]) -> None:
        self._answer, self._wake = answer, wake

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        try:
            if hasattr(self._answer, "close"):
                self._answer.close()
        finally:
            self._wake()


class _Parts(_Stream):
    _answer: Collection[bytes]

    def __len__(self) -> int:
        return len(self._answer)


def register(app: Flask) -> None:
    """Let the pages of ``app`` wake the catalogue; with no paths only ``/synced/`` does."""
    app.extensions["wakers"] = {name: Waker([find(name)]) for name in CATALOGUE}
    if settings().auto_sync_paths:
        app.wsgi_app = AutoSyncB2BMiddleware(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to wrap it
