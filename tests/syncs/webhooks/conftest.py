"""A vendor that says of each picture what it is called now, and the sync that keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from connectors.connector import Connector
from connectors.page import Page
from db.models import TemplatePainting
from db.session import reading, writing
from db.work import webhooks
from syncs.declaration import AnySync
from syncs.registry import SOURCES, SYNCS
from syncs.source import Source
from syncs.sources import template as art
from syncs.webhooks.subjects import Subject

NAME = "toy"


@dataclass
class Vendor:
    """Pictures by id, and what was asked; ``meanwhile`` happens while an answer is on its way."""

    pictures: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    error: Exception | None = None
    meanwhile: Callable[[], object] = lambda: None

    def one(self, _: Connector, ident: str) -> dict[str, object] | None:
        """A picture as it is now."""
        self.asked.append(ident)
        if self.error is not None:
            raise self.error
        name = self.pictures.get(ident)
        self.meanwhile()
        return None if name is None else {"id": ident, "name": name}

    def walk(self, *_: object, **__: object) -> Iterator[Page]:
        """All pictures."""
        yield Page(
            payloads=[{"id": it, "name": name} for it, name in self.pictures.items()], query={}
        )

    @contextmanager
    def open(self, _: object) -> Iterator[Any]:
        """A connector whose pictures are asked for one by one, and whose prices are not."""
        feeds = {
            "pictures": SimpleNamespace(one=self.one),
            "prices": SimpleNamespace(one=None),
        }
        yield SimpleNamespace(feeds=feeds)


@pytest.fixture
def vendor(store, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """The vendor, whose pictures and prices are synced."""
    made = Vendor(pictures={"1": "Lune", "2": "Soleil"})
    source: Source[Any] = Source(
        name=NAME, family="pos", vendor=NAME, connector=made.open, timeout=lambda: 30.0, advice=""
    )
    monkeypatch.setitem(SOURCES.declared, NAME, source)
    for feed in ("pictures", "prices"):
        sync: AnySync = replace(
            art.PAINTINGS,
            name=f"{NAME}.{feed}",
            source=source,
            fetch=made.walk,
            schedule=None,
            aliases=(),
        )
        monkeypatch.setitem(SYNCS.declared, sync.name, sync)
    return made


def receive(event_id: str, *feeds: str, about: str | None = None) -> int:
    """An event that the vendor sent."""
    subject = Subject(feeds=feeds or ("pictures",), object_id=about)
    with writing() as session:
        key = webhooks.receive(
            session, NAME, event_id=event_id, kind="toy", subject=str(subject), body="sealed"
        )
    assert key is not None
    return key


def names() -> dict[str, str]:
    """The pictures in the store."""
    with reading() as session:
        rows = session.scalars(select(TemplatePainting))
        return {row.external_id: str(row.name) for row in rows}
