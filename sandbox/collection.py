"""An ordered collection of JSON records that are made when asked for and edited while served.

A record nobody touched is a function of its number, so a catalogue of 200,000 products costs an
array of numbers; only what was edited is kept, as the JSON text that goes over the wire.
"""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock

from sandbox.messages import dumps

Record = dict[str, object]

#: Edits are stamped from here, a second apart, so that the same edits give the same bytes.
FIRST_EDIT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Recipe:
    """How the records of one kind are made from their number."""

    render: Callable[[int], str]
    """The JSON of the record ``n``, for any n ≥ 1, also beyond the collection's first size."""
    vary: Callable[[Record, int], Record]
    """The fields that ``change`` gives a record; the number differs at each call."""
    filters: Mapping[str, Callable[[int], object]] = field(default_factory=dict)
    """Fields that a query may ask for, known of an untouched record without rendering it."""


class Collection:
    """Records in the order they are served; every method is atomic.

    A key is the record's id. A raw extra record has a negative key, because it may say anything
    about its id, or nothing.
    """

    def __init__(self, recipe: Recipe, size: int) -> None:
        self._recipe = recipe
        self._order = array("q", range(1, size + 1))
        self._size = size
        self._next_key = size + 1
        self._next_extra = -1
        self._edited: dict[int, str] = {}
        self._deleted: set[int] = set()
        self._revision = 0
        self._chosen: dict[tuple[str, object], array[int]] = {}
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, key: int) -> bool:
        return key in self._edited or (1 <= key <= self._size and key not in self._deleted)

    def __iter__(self) -> Iterator[int]:
        return iter(self.keys())

    def keys(self, where: tuple[str, object] | None = None) -> list[int]:
        """The keys in the order they are served; ``where`` is a field and its value."""
        with self._lock:
            return list(self._select(where))

    def text(self, key: int) -> str:
        """The JSON of one record as it is served; KeyError when there is none."""
        with self._lock:
            if key not in self:
                raise KeyError(key)
            return self._edited.get(key) or self._recipe.render(key)

    def get(self, key: int) -> Record:
        """One record; KeyError when there is none, TypeError when garbage was put in its place."""
        record = json.loads(self.text(key))
        if not isinstance(record, dict):
            raise TypeError(f"record {key} is no object")
        return record

    def window(
        self, start: int, stop: int, where: tuple[str, object] | None = None
    ) -> tuple[int, list[str]]:
        """How many records there are and the JSON of those from ``start`` to ``stop``."""
        with self._lock:
            keys = self._select(where)
            edited, render = self._edited, self._recipe.render
            texts = [edited.get(key) or render(key) for key in keys[start:stop]]
            return len(keys), texts

    def edit(self, key: int, /, *, without: Iterable[str] = (), **fields: object) -> Record:
        """The record after ``fields`` were set and the fields named in ``without`` removed."""
        return self.merge(key, fields, without=without)

    def merge(self, key: int, fields: Record, *, without: Iterable[str] = ()) -> Record:
        """The same as ``edit``, for fields that came as a mapping."""
        with self._lock:
            record = self.get(key)
            self._revision += 1
            record |= self._stamp(record) | fields
            for name in without:
                record.pop(name, None)
            self._put(key, dumps(record))
            return record

    def add(self, *, position: int | None = None, **fields: object) -> int:
        """The id of a new record: the recipe's with ``fields`` set; last unless told otherwise."""
        return self.insert(fields, position=position)

    def insert(self, fields: Record, *, position: int | None = None) -> int:
        """The same as ``add``, for fields that came as a mapping."""
        with self._lock:
            key = self._next_key
            self._next_key += 1
            record: Record = json.loads(self._recipe.render(key))
            self._insert(key, dumps(record | fields), position)
            return key

    def delete(self, *keys: int) -> None:
        """Remove records: those behind them move up. KeyError when one does not exist."""
        with self._lock:
            for key in keys:
                if key not in self:
                    raise KeyError(key)
            gone = set(keys)
            self._order = array("q", (key for key in self._order if key not in gone))
            self._deleted |= gone
            for key in gone:
                self._edited.pop(key, None)
            self._chosen.clear()

    def change(self, count: int) -> list[int]:
        """The keys of ``count`` records, spread evenly, whose values have just changed."""
        with self._lock:
            keys = [key for key in self._order if key > 0]
            if not 0 <= count <= len(keys):
                raise ValueError(f"{count} of {len(keys)} records cannot change")
            chosen = [keys[place * len(keys) // count] for place in range(count)]
            for key in chosen:
                self.merge(key, self._recipe.vary(self.get(key), self._revision))
            return chosen

    def put_raw(self, key: int, text: str) -> None:
        """Serve ``text`` where the record ``key`` stood, whatever it says."""
        with self._lock:
            if key not in self:
                raise KeyError(key)
            self._put(key, text)

    def add_raw(self, text: str, *, position: int | None = None) -> int:
        """The key of an extra record that is served as it stands, for instance without an id."""
        with self._lock:
            key = self._next_extra
            self._next_extra -= 1
            self._insert(key, text, position)
            return key

    def replace(self, records: Iterable[Record]) -> None:
        """Serve ``records``, each with its own id, instead of everything there was."""
        texts = {int(str(record["id"])): dumps(record) for record in records}
        with self._lock:
            self._order = array("q", texts)
            self._edited = texts
            self._size = 0
            self._next_key = max(texts, default=0) + 1
            self._chosen.clear()

    def reverse(self) -> None:
        """Serve the last record first."""
        with self._lock:
            self._order.reverse()
            self._chosen.clear()

    def _stamp(self, record: Record) -> Record:
        if "updated_at" not in record:
            return {}
        instant = FIRST_EDIT + timedelta(seconds=self._revision)
        return {"updated_at": instant.isoformat().replace("+00:00", "Z")}

    def _put(self, key: int, text: str) -> None:
        if not text:
            raise ValueError("an empty text is no JSON and would be served as a hole")
        self._edited[key] = text
        self._chosen.clear()

    def _insert(self, key: int, text: str, position: int | None) -> None:
        self._order.insert(len(self._order) if position is None else position, key)
        self._put(key, text)

    def _select(self, where: tuple[str, object] | None) -> "array[int]":
        if where is None:
            return self._order
        if where not in self._chosen:
            matching = (key for key in self._order if self._field(key, where[0]) == where[1])
            self._chosen[where] = array("q", matching)
        return self._chosen[where]

    def _field(self, key: int, name: str) -> object:
        if key not in self._edited:
            return self._recipe.filters[name](key)
        try:
            record = json.loads(self._edited[key])
        except ValueError:
            return None
        return record.get(name) if isinstance(record, dict) else None
