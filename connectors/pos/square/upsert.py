"""Edits of Square's catalogue: versions that moved on, batches refused as a whole, lost answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid5

from connectors.errors import AnswerError, RequestError
from connectors.families import Outcome
from connectors.pos.square.found import Object, Objects
from connectors.pos.square.search import Ask

PATH = "v2/catalog/batch-upsert"
MOST_OBJECTS = 200
"""Square takes 1,000 a batch; of a smaller one less waits while the guilty edit is looked for."""

_MOVED_ON = frozenset({"VERSION_MISMATCH", "CONFLICT"})
# 200: with errors in it.
_REFUSED = frozenset(
    {HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
)
_NAMESPACE = UUID("b1ea5f1c-6f0c-5f0e-9d0a-4a1b0f6f6a55")


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Objects that are written together or not at all.

    ``main`` is the id of the one that its caller asks for, ``#…`` to create it. ``reads`` are the
    ids of what exists, and ``apply`` gives from those the objects to write: none when there is
    nothing to change.
    """

    main: str
    reads: tuple[str, ...]
    apply: Callable[[Mapping[str, Object]], Sequence[Object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What came of an edit."""

    outcome: Outcome
    external_id: str | None = None
    error: str | None = None


Batch = Sequence[tuple[Edit, Sequence[Object]]]


class Upsert:
    """Carries out edits. ``key`` is the caller's, under which all of them may be repeated.

    A batch's own idempotency key is made of ``key`` and its content: the same is written once,
    and what had to be read anew is another write. Raises ``connectors.errors`` when nobody knows
    what was done (429, 5xx, a lost answer); then it is to be repeated under the same key.
    """

    def __init__(self, ask: Ask, catalogue: Objects, *, key: str) -> None:
        self._ask = ask
        self._catalogue = catalogue
        self._key = key

    def write(self, edits: Sequence[Edit]) -> list[Written]:
        """What came of each of ``edits``, in their order; each has another ``main``."""
        written = self._write(edits, again=True)
        return [written[edit.main] for edit in edits]

    def _write(self, edits: Sequence[Edit], *, again: bool) -> dict[str, Written]:
        known = self._catalogue.by_id(ident for edit in edits for ident in edit.reads)
        written: dict[str, Written] = {}
        changes: list[tuple[Edit, Sequence[Object]]] = []
        for edit in edits:
            if missing := [ident for ident in edit.reads if ident not in known]:
                error = f"there is no {missing[0]} in the catalogue"
                written[edit.main] = Written(outcome="failed", error=error)
            elif objects := edit.apply(known):
                changes.append((edit, objects))
            else:
                written[edit.main] = Written(outcome="unchanged", external_id=edit.main)
        for batch in _batches(changes):
            written |= self._batch(batch, again=again)
        return written

    def _batch(self, batch: Batch, *, again: bool) -> dict[str, Written]:
        try:
            return _results(batch, self._send(batch))
        except RequestError as error:
            if error.status_code not in _REFUSED:
                raise
            if again and error.reason in _MOVED_ON:
                return self._write([edit for edit, _ in batch], again=False)
            if len(batch) == 1:
                why = f"Square refuses it: {error.reason or error.status_code}"
                return {batch[0][0].main: Written(outcome="failed", error=why)}
        middle = len(batch) // 2
        first, second = batch[:middle], batch[middle:]
        return self._batch(first, again=again) | self._batch(second, again=again)

    def _send(self, batch: Batch) -> object:
        objects = [each for _, group in batch for each in group]
        content = json.dumps(objects, sort_keys=True)
        body = {
            "idempotency_key": str(uuid5(_NAMESPACE, f"{self._key}\n{content}")),
            "batches": [{"objects": objects}],
        }
        return self._ask(PATH, body)


def _batches(changes: Batch) -> Iterator[Batch]:
    """``changes`` in order, so many that each batch has 200 objects at most, or one edit."""
    batch: list[tuple[Edit, Sequence[Object]]] = []
    size = 0
    for change in changes:
        if batch and size + len(change[1]) > MOST_OBJECTS:
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += len(change[1])
    if batch:
        yield batch


def _results(batch: Batch, data: object) -> dict[str, Written]:
    """What Square says of a batch; a new object's id is in ``id_mappings``."""
    ids = _mapped(data)
    written = {}
    for edit, _ in batch:
        if not edit.main.startswith("#"):
            written[edit.main] = Written(outcome="updated", external_id=edit.main)
        elif edit.main in ids:
            written[edit.main] = Written(outcome="created", external_id=ids[edit.main])
        else:
            raise AnswerError(f"{PATH}: id_mappings has no {edit.main}")
    return written


def _mapped(data: object) -> dict[str, str]:
    mappings = data.get("id_mappings") if isinstance(data, dict) else None
    return {
        str(each.get("client_object_id")): str(each.get("object_id"))
        for each in mappings or ()
        if isinstance(each, dict)
    }
