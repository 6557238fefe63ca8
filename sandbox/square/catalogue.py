"""Square's catalogue: objects with versions, written in batches that stand or fall as a whole."""

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from datetime import datetime
from itertools import count
from threading import Lock
from typing import Any

from sandbox.square import refusals
from sandbox.square.orders import DISHES, instant, money

Object = dict[str, Any]

_MOST = 1000
_DATA = {
    "ITEM": "item_data",
    "ITEM_VARIATION": "item_variation_data",
    "CATEGORY": "category_data",
    "DISCOUNT": "discount_data",
    "PRODUCT_SET": "product_set_data",
    "TIME_PERIOD": "time_period_data",
    "PRICING_RULE": "pricing_rule_data",
}


class Catalogue:
    """Objects by id; variations are kept apart from their item and put into it when it is read.

    ``moved_on`` is how a stale version is refused: a status and a code.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._objects: dict[str, Object] = {}
        self._done: dict[str, tuple[str, Object]] = {}
        self._versions = count(1763600000000)
        self._ids = count(1)
        self._lock = Lock()
        self.moved_on = (400, "VERSION_MISMATCH")
        self.refused: set[str] = set()
        """Ids of objects that cannot be written: with one of them falls its whole batch."""
        self.upserts: list[Object] = []
        """Every batch that was carried out, oldest first, each once."""

    def fill(self) -> None:
        """The dishes of ``orders``, each an item with one variation."""
        for variation, name, portion, price in DISHES:
            self.add(variation.replace("VAR", "ITM"), variation, name, portion, price)

    def add(
        self,
        item: str,
        variation: str,
        name: str,
        portion: str = "Part",
        price: int = 1200,
        sku: str | None = None,
        currency: str = "EUR",
    ) -> None:
        """An item with one variation; its SKU is made of the variation's id unless given."""
        data = {
            "item_id": item,
            "name": portion,
            "sku": variation.replace("VAR", "PLAT-") if sku is None else sku,
            "pricing_type": "FIXED_PRICING",
            "price_money": money(price, currency),
        }
        self.put(
            {"type": "ITEM", "id": item, "item_data": {"name": name, "product_type": "REGULAR"}}
        )
        self.put({"type": "ITEM_VARIATION", "id": variation, "item_variation_data": data})

    def put(self, *objects: Object) -> None:
        """Keep objects as they are, each with a new version."""
        with self._lock:
            for each in objects:
                self._put(each)

    def touch(self, ident: str) -> None:
        """Somebody else changes it: its version moves on."""
        with self._lock:
            self._put(self._objects[ident])

    def delete(self, ident: str) -> None:
        """Deleted objects are found by a search that asks for them."""
        with self._lock:
            self._put({**self._objects[ident], "is_deleted": True})

    def object(self, ident: str) -> Object:
        """One, an item with its variations."""
        return self._whole(self._objects[ident])

    def find(
        self,
        kinds: Iterable[str],
        *,
        after: datetime | None = None,
        deleted: bool = False,
        skus: Iterable[str] | None = None,
    ) -> list[Object]:
        """Those of the types, changed after an instant, of one of the SKUs in whatever case."""
        wanted = set(kinds)
        codes = None if skus is None else {sku.lower() for sku in skus}
        with self._lock:
            return [
                self._whole(each)
                for each in self._objects.values()
                if (not wanted or each["type"] in wanted)
                and (deleted or not each["is_deleted"])
                and (after is None or datetime.fromisoformat(each["updated_at"]) > after)
                and (codes is None or _sku(each) in codes)
            ]

    def retrieve(self, idents: Iterable[str]) -> list[Object]:
        """Those that exist and are not deleted; of others nothing is said."""
        with self._lock:
            known = (self._objects.get(ident) for ident in idents)
            return [self._whole(each) for each in known if each and not each["is_deleted"]]

    def upsert(self, key: str, batches: list[Object]) -> Object:
        """What the answer holds. The same key and content again: the same answer, and no write."""
        content = json.dumps(batches, sort_keys=True)
        with self._lock:
            if key in self._done:
                said, answer = self._done[key]
                if said != content:
                    detail = "The idempotency key was already used with other parameters."
                    raise refusals.invalid("IDEMPOTENCY_KEY_REUSED", detail, "idempotency_key")
                return answer
            objects = [
                part for batch in batches for each in batch["objects"] for part in _parts(each)
            ]
            self._check(objects)
            ids = {it["id"]: self._name(it) for it in objects if it["id"].startswith("#")}
            written = [self._put(_renamed(each, ids)) for each in objects]
            tops = [each for each in written if not _is_inner(each, written)]
            answer = {
                "objects": [self._whole(each) for each in tops],
                "updated_at": instant(self._clock()),
                "id_mappings": [
                    {"client_object_id": ours, "object_id": theirs} for ours, theirs in ids.items()
                ],
            }
            self._done[key] = (content, answer)
            self.upserts.append({"idempotency_key": key, "batches": batches})
            return answer

    def _check(self, objects: list[Object]) -> None:
        if len(objects) > _MOST:
            raise refusals.invalid("ARRAY_LENGTH_TOO_LONG", "Too many objects.", "batches")
        for each in objects:
            before = self._objects.get(each["id"])
            if not each["id"].startswith("#"):
                if before is None or before["is_deleted"]:
                    raise refusals.missing()
                if each.get("version") != before["version"]:
                    status, code = self.moved_on
                    raise refusals.invalid(code, "Object version is stale.", status=status)
            if each["id"] in self.refused:
                raise refusals.invalid("INVALID_VALUE", "The object is locked.", "id")
            _check_values(each)

    def _name(self, each: Object) -> str:
        return f"{each['type'][:3]}NEW{next(self._ids):04}"

    def _put(self, each: Object) -> Object:
        kept = {
            "is_deleted": False,
            "present_at_all_locations": True,
            **deepcopy(each),
            "version": next(self._versions),
            "updated_at": instant(self._clock()),
        }
        self._objects[each["id"]] = kept
        return kept

    def _whole(self, each: Object) -> Object:
        whole = deepcopy(each)
        if each["type"] == "ITEM":
            whole["item_data"]["variations"] = [
                deepcopy(other)
                for other in self._objects.values()
                if other["type"] == "ITEM_VARIATION"
                and other["item_variation_data"].get("item_id") == each["id"]
                and other["is_deleted"] == each["is_deleted"]
            ]
        return whole


def _parts(each: Object) -> Iterator[Object]:
    """The object without its variations, then those."""
    if each["type"] != "ITEM":
        yield each
        return
    data = dict(each["item_data"])
    variations = data.pop("variations", None) or []
    if not variations:
        raise refusals.invalid(
            "INVALID_VALUE", "An item needs a variation.", "item_data.variations"
        )
    yield {**each, "item_data": data}
    yield from variations


def _is_inner(each: Object, written: list[Object]) -> bool:
    data = each.get("item_variation_data")
    return data is not None and any(other["id"] == data.get("item_id") for other in written)


def _renamed(value: Any, ids: dict[str, str]) -> Any:
    """``value`` with Square's ids in place of ours, wherever they are."""
    if isinstance(value, dict):
        return {name: _renamed(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def _check_values(each: Object) -> None:
    data = each.get(_DATA.get(each["type"], ""))
    if data is None:
        raise refusals.invalid("INVALID_VALUE", "The object has no data of its type.", "type")
    if len(data.get("name", "")) > 512:  # noqa: PLR2004 - Square's own bound
        raise refusals.invalid("VALUE_TOO_LONG", "The name is too long.", "name")
    amounts = [
        data.get("price_money"),
        *(it.get("price_money") for it in data.get("location_overrides", ())),
    ]
    if any(amount and amount["amount"] > 10**9 for amount in amounts):
        raise refusals.invalid("INVALID_VALUE", "The price is too high.", "price_money")


def _sku(each: Object) -> str:
    return str((each.get("item_variation_data") or {}).get("sku", "")).lower()
