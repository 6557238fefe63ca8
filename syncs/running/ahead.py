"""A page is asked for while the one before it is written: a run takes as long as its source."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread

from connectors.page import Page

MOMENT = 1.0
"""Seconds for which a walk that ends early waits for the page that it asked for."""


def one_ahead(pages: Iterator[Page], *, goes_on: Callable[[], bool]) -> Generator[Page, None, None]:
    """``pages``, the next one asked for already when a page is given, unless the walk is about to
    stop by ``goes_on``. An error of the next page is raised in its place.
    """
    ahead: _Coming | None = None
    try:
        while (page := (ahead or _Coming(pages)).wait()) is not None:
            ahead = _Coming(pages) if goes_on() else None
            yield page
    except GeneratorExit:
        if ahead is not None:
            ahead.leave()
        raise


class _Coming:
    """The next of ``pages``, by a thread of its own; no process waits for it to end."""

    def __init__(self, pages: Iterator[Page]) -> None:
        self._page = Future[Page | None]()
        self._thread = Thread(
            target=copy_context().run, args=(self._ask, pages), name="page", daemon=True
        )
        self._thread.start()

    def wait(self) -> Page | None:
        """The page; None after the last one. Raises what came instead."""
        return self._page.result()

    def leave(self) -> None:
        """Nobody wants it any more; its request may be on its way."""
        self._thread.join(MOMENT)

    def _ask(self, pages: Iterator[Page]) -> None:
        try:
            self._page.set_result(next(pages, None))
        except BaseException as error:  # noqa: BLE001, whoever waits raises it
            self._page.set_exception(error)
