"""The items of an order: always sorted in one way and, where they came apart, kept on disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator

from connectors.template.payloads import ITEM_FIELDS
from core.details import DEEPEST
from core.fields import external_id


def in_order(order: object) -> object:
    """``order`` with its items sorted by their ids, where every one has an id.

    The site promises no order, and its answers differ in it: that is no change of an order.
    """
    name = nested(order)
    if not isinstance(order, dict) or name is None:
        return order
    keyed = [(_place(raw), raw) for raw in order[name]]
    if any(place is None for place, _ in keyed):
        return order
    return {**order, name: [raw for _, raw in sorted(keyed, key=lambda pair: str(pair[0]))]}


def nested(order: object) -> str | None:
    """The field in which ``order`` holds a list of items."""
    if not isinstance(order, dict):
        return None
    return next((name for name in ITEM_FIELDS if isinstance(order.get(name), list)), None)


def named(record: object, field: str) -> str | None:
    """The id in a field of ``record``; None when it cannot be read."""
    try:
        return external_id(record.get(field)) if isinstance(record, dict) else None
    except ValueError:
        return None


def _place(raw: object) -> str | None:
    """An id so that 9 comes before 10."""
    key = named(raw, "id")
    return None if key is None else key.zfill(64)


class ItemsApart:
    """A table of items, each with its ``order_id``; all on disk, and gone when closed.

    ``complete``: every one names its order, and could be kept.
    """

    def __init__(self, records: Iterable[object]) -> None:
        self.complete = True
        # Without a name it is SQLite's own temporary file, of which it holds 2 MB in memory.
        # Of a walk each page may be read by another thread, one at a time.
        self._held = sqlite3.connect("", check_same_thread=False)
        self._held.execute("CREATE TABLE items (order_id TEXT NOT NULL, raw TEXT NOT NULL)")
        self._held.executemany("INSERT INTO items VALUES (?, ?)", self._rows(records))
        self._held.execute("CREATE INDEX by_order ON items (order_id)")

    def of(self, order: object) -> list[object]:
        """The items of one order, as they came."""
        query = "SELECT raw FROM items WHERE order_id = ? ORDER BY rowid"
        rows = self._held.execute(query, (named(order, "id"),))
        return [json.loads(raw) for (raw,) in rows]

    def close(self) -> None:
        """Forget them."""
        self._held.close()

    def _rows(self, records: Iterable[object]) -> Iterator[tuple[str, str]]:
        for record in records:
            key, raw = named(record, "order_id"), _text(record)
            if key is None or raw is None:
                self.complete = False
            else:
                yield key, raw


def _text(record: object) -> str | None:
    """``record`` as JSON; None when it may be too deep to be read back."""
    try:
        text = json.dumps(record)
    except RecursionError:
        return None
    return text if text.count("[") + text.count("{") <= DEEPEST else None
