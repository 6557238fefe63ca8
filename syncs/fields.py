"""A field of a source's records: what it means when a record lacks it, said once for each.

Absent is not zero: a known record keeps the value it has, and only a new one begins with the
default of its sync.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.fields import is_nothing


def as_it_is(value: Any) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True)
class Field:
    """A ``column`` or part, and the ``names`` that its value may have in a record.

    ``read`` makes a column's value of it, or raises ``ValueError``. Null says that there is none;
    but where there is ``always`` one, as of a stock, a price or a name, null or an empty text says
    as little as an absent field. A new record begins with the ``default``, and is refused without
    a field that is ``needed``. ``also`` are columns that follow from this one.
    """

    column: str
    names: tuple[str, ...]
    read: Callable[[Any], Any] = as_it_is
    always: bool = False
    needed: bool = False
    default: object = None
    also: tuple[str, ...] = ()

    def is_in(self, record: Mapping[str, object]) -> bool:
        """Whether the record says anything of it."""
        if self.always:
            return not all(is_nothing(record.get(name)) for name in self.names)
        return any(name in record for name in self.names)

    @property
    def printed(self) -> str:
        """Its names, as a person reads them."""
        return " or ".join(self.names)


class Absences:
    """Which columns a record says nothing of. The records of a page hardly differ in their keys,
    so each set of keys is looked at once.
    """

    def __init__(self, fields: Collection[Field]) -> None:
        self._fields = fields
        self._always = {field.column: field for field in fields if field.always}
        self._by_keys: dict[tuple[str, ...], frozenset[str]] = {}

    def of(self, record: Mapping[str, object], values: Mapping[str, object]) -> frozenset[str]:
        """The columns whose fields are absent, or unknown; ``values`` are those that were read."""
        keys = tuple(record)
        absent = self._by_keys.get(keys)
        if absent is None:
            lacking = [each for each in self._fields if keys_lack(each, record)]
            absent = self._by_keys[keys] = columns(lacking)
        # What was read is something, in nearly every record.
        if None in map(values.get, self._always):
            for column, field in self._always.items():
                if values.get(column) is None and column not in absent:
                    absent |= columns(() if field.is_in(record) else (field,))
        return absent


def keys_lack(field: Field, record: Mapping[str, object]) -> bool:
    """Whether the record has none of the field's names."""
    return not any(name in record for name in field.names)


def columns(fields: Iterable[Field]) -> frozenset[str]:
    """The fields' columns, and those that follow from them."""
    return frozenset(name for field in fields for name in (field.column, *field.also))


def met(fields: Iterable[Field], payloads: Iterable[object]) -> frozenset[str]:
    """Which fields, by their columns, at least one of the records says something of."""
    missing, found = list(fields), set[str]()
    for payload in payloads:
        if not missing:
            break
        if isinstance(payload, dict):
            found |= {field.column for field in missing if field.is_in(payload)}
            missing = [field for field in missing if field.column not in found]
    return frozenset(found)
