"""Objects of Square's catalogue as they are there now, to be changed and written back whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from connectors.errors import AnswerError, RequestError
from connectors.http import pages
from connectors.http.cursors import Cursors
from connectors.page import Page
from connectors.pos.square.search import EXPIRED, Ask
from connectors.pos.square.wire import listed

RETRIEVE = "v2/catalog/batch-retrieve"
SEARCH = "v2/catalog/search"
OBJECTS = ("objects", "related_objects")
MOST_IDS = 1000
MOST_SKUS = 250

Object = dict[str, object]
"""A CatalogObject with all its fields, also those we do not know."""

T = TypeVar("T")

_OBJECT = frozenset({"updated_at"})
# What Square computes, by where it is; a request with it does not fit Square's description.
_READ_ONLY: Mapping[str, frozenset[str]] = {
    "object": _OBJECT,
    "variations": _OBJECT,
    "item_data": frozenset({"description_plaintext"}),
    "item_variation_data": frozenset({"ordinal"}),
    "location_overrides": frozenset({"sold_out", "sold_out_valid_until"}),
    "custom_attribute_value": frozenset({"custom_attribute_definition_id", "key", "type"}),
}


class Objects:
    """The catalogue, asked for what is to be changed."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def by_id(self, ids: Iterable[str]) -> dict[str, Object]:
        """Those that exist, by id. Raises ``connectors.errors``."""
        found = (
            each
            for some in chunks(sorted(set(ids)), MOST_IDS)
            for each in objects(self._ask(RETRIEVE, {"object_ids": list(some)}), path=RETRIEVE)
        )
        return {str(each["id"]): each for each in found}

    def by_sku(self, skus: Iterable[str]) -> dict[str, list[str]]:
        """The ids of the variations with each SKU, in small letters: Square tells no case."""
        ids: dict[str, list[str]] = {}
        for some in chunks(sorted(set(skus)), MOST_SKUS):
            for each in self._variations(list(some)):
                data = each.get("item_variation_data")
                sku = data.get("sku") if isinstance(data, dict) else None
                if isinstance(sku, str):
                    ids.setdefault(sku.lower(), []).append(str(each["id"]))
        return ids

    def _variations(self, skus: list[str]) -> Iterator[Object]:
        asked = {
            "object_types": ["ITEM_VARIATION"],
            "query": {"set_query": {"attribute_name": "sku", "attribute_values": skus}},
        }
        for page in walk(lambda query: self._ask(SEARCH, {**asked, **query}), SEARCH):
            yield from only_objects(page.payloads, path=SEARCH)


def walk(
    ask: Callable[[pages.Query], object], path: str, *, start: Mapping[str, str] | None = None
) -> Iterator[Page]:
    """The pages of a list or search of the catalogue, with the objects that theirs point to."""
    return pages.walk(
        ask,
        start or {},
        Cursors(path=path, name="cursor", at=("cursor",)),
        read=lambda data: (listed(data, *OBJECTS, path=path), None),
        path=path,
    )


def again(walk: Callable[..., Iterator[Page]], start: Mapping[str, str] | None) -> Iterator[Page]:
    """The pages from ``start`` on; once more from the first when a cursor has expired.

    A catalogue has no order in which a walk could go on. Those that came already come again.
    """
    try:
        yield from walk(start=start)
    except RequestError as error:
        if error.reason != EXPIRED:
            raise
        yield from walk()


def objects(data: object, *, path: str) -> list[Object]:
    """The objects of an answer, each with an id. Raises ``AnswerError``."""
    return only_objects(listed(data, *OBJECTS, path=path), path=path)


def only_objects(found: Iterable[object], *, path: str) -> list[Object]:
    """``found``, each of them an object with an id. Raises ``AnswerError``."""
    known = []
    for each in found:
        if not isinstance(each, dict) or not isinstance(each.get("id"), str):
            raise AnswerError(f"{path}: every object needs an id")
        known.append(each)
    return known


def writable(value: object, *, at: str = "object") -> object:
    """``value``, which is ``at`` that place of an object, without what only Square writes."""
    if isinstance(value, list):
        return [writable(each, at=at) for each in value]
    if not isinstance(value, dict):
        return value
    gone = _READ_ONLY.get(at, frozenset())
    # These have names of the seller's.
    inner = "custom_attribute_value" if at == "custom_attribute_values" else None
    return {
        name: writable(each, at=inner or name) for name, each in value.items() if name not in gone
    }


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``values``, so many at a time."""
    return (values[at : at + size] for at in range(0, len(values), size))
