"""What an event is about: feeds of its connector, and the one object there that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from connectors.families import Event


@dataclass(frozen=True, kw_only=True)
class Subject:
    """``object_id`` None: the event says only that something in these feeds has changed."""

    feeds: tuple[str, ...]
    object_id: str | None

    @classmethod
    def of(cls, event: Event) -> Self | None:
        """The subject of an event; None: nothing of ours."""
        return cls(feeds=event.feeds, object_id=event.object_id) if event.feeds else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """A subject as its row keeps it."""
        feeds, _, object_id = text.partition("/")
        return cls(feeds=tuple(feeds.split()), object_id=object_id or None)

    def __str__(self) -> str:
        """As its row keeps it; events with one subject are answered together."""
        feeds = " ".join(self.feeds)
        return feeds if self.object_id is None else f"{feeds}/{self.object_id}"
