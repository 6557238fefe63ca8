"""A gallery that can be asked for what changed, room by room, and its sync."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.connector import Connector
from connectors.page import Page
from core.details import encode
from core.errors import SkippableError
from db.records.plan import Row
from syncs import engine
from syncs.declaration import AnySync
from syncs.running.walk import Execution
from syncs.sources import template as art
from tests.syncs import rows
from tests.syncs.running import taken


@dataclass
class Gallery:
    """Paintings by id, each with the instant of its last change, two a page; a walk a room.

    It notes from where on it was asked, and the queries of the pages it gave. ``dies_before`` so
    many pages it is interrupted.
    """

    paintings: dict[int, dict[str, Any]] = field(default_factory=dict)
    rooms: tuple[str, ...] = ("",)
    now: datetime | None = datetime(2026, 12, 1, tzinfo=UTC)
    dies_before: int | None = None
    asked: list[tuple[datetime | None, datetime | None]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    def hang(self, ident: int, day: int, **more: Any) -> None:
        """Hang a painting, or change it, on a day of November 2026."""
        at = f"2026-11-{day:02}T12:00:00Z"
        self.paintings[ident] = {"id": ident, "name": f"Toile {day}", "updated_at": at, **more}

    def page(self) -> Page:
        """Everything on one page."""
        return Page(payloads=list(self.paintings.values()), query={})

    def fetch(
        self,
        _: Connector,
        *,
        start: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """Room by room, what changed from ``since`` on and before ``until``."""
        self.asked.append((since, until))
        begun = dict(start or {"room": self.rooms[0], "from": "0"})
        first = self.rooms.index(begun["room"])
        for number, room in enumerate(self.rooms[first:], first):
            following = {"room": self.rooms[number + 1], "from": "0"} if (
                number + 1 < len(self.rooms)
            ) else None  # fmt: skip
            yield from self._walk(room, int(begun["from"]), following, since, until)
            begun["from"] = "0"

    def _walk(
        self, room: str, first: int, following: dict[str, str] | None,
        since: datetime | None, until: datetime | None,
    ) -> Iterator[Page]:  # fmt: skip
        held = [
            each
            for each in self.paintings.values()
            if each.get("room", "") == room
            and (since is None or datetime.fromisoformat(each["updated_at"]) >= since)
            and (until is None or datetime.fromisoformat(each["updated_at"]) < until)
        ]
        for at in range(first, max(len(held), 1), 2):
            if self.dies_before is not None:
                if self.dies_before == 0:
                    self.dies_before = None
                    raise KeyboardInterrupt
                self.dies_before -= 1
            query = {"room": room, "from": str(at)}
            self.queries.append(query)
            more = {**query, "from": str(at + 2)} if at + 2 < len(held) else following
            yield Page(payloads=list(held[at : at + 2]), query=query, next_query=more, now=self.now)


def painting_row(record: Any) -> Row:
    """A painting; one that is ``deleted`` says so, and a ``broken`` one is refused."""
    row: Row = art.PAINTINGS.row(record)
    extra = record.model_extra or {}
    if extra.get("broken"):
        raise SkippableError("broken: must not be.", field="broken")
    row.gone = extra.get("deleted") is True
    row.values["price"] = extra.get("version")
    row.values["extra"] = encode({})
    return row


def sync_of(gallery: Gallery, **changes: Any) -> AnySync:
    """The gallery's paintings. Their ``version`` is kept as their price, and the larger one is the
    newer.
    """
    kind = replace(art.PAINTINGS.kind, version=1, newest="price")
    return replace(
        art.PAINTINGS,
        kind=kind,
        row=painting_row,
        fields=(),
        **{
            "fetch": gallery.fetch,
            "complete": True,
            "replication_key": "updated_at",
            **changes,
        },
    )


def stop(sync: AnySync, gallery: Gallery, *, before: int) -> int:
    """A run that is interrupted before its page of this number, from 0 on."""
    gallery.dies_before = before
    run_id = taken(sync)
    with pytest.raises(KeyboardInterrupt):
        engine.execute(sync, run_id, Execution(slice_seconds=None, by_hand=True))
    return run_id


def bookmark(sync: AnySync) -> Any:
    """The bookmark that is kept with the sync's state."""
    kept = rows.state(sync.name).bookmark
    return None if kept is None else kept["value"]
