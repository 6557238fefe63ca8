"""A progress bar on stderr, on a terminal; silent elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.output import screen
from syncs.running import progress as counts


class Bar:
    """``show`` takes the counts after each page, the total is the source's own count; ``draw``
    takes any two numbers.
    """

    def __init__(self, title: str, *, shown: bool) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen(),
            disable=not (shown and screen().is_terminal),
        )
        self._task = self._bar.add_task(title, total=None)

    def show(self, progress: counts.Progress) -> None:
        """Draw how far it has come."""
        total = progress.last if progress.last is not None else progress.first
        self.draw(progress.fetched, total)

    def draw(self, done: int, total: int | None) -> None:
        """Draw ``done`` of ``total``, which may be unknown."""
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
