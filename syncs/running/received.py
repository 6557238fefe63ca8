"""A payload as it came: its key and its digest, before anybody has read it.

A record that comes again to the letter, under the same code and the same shops, is known to be
unchanged without being parsed.
"""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from core.errors import SkippableError
from core.payload import parse, parse_all
from db.records.plan import Context, Known, Row
from db.work.rejects import Refusal
from syncs.declaration import AnySync


class Received(NamedTuple):
    """``key`` is None when the record's id cannot be read; ``digest`` is empty when it has none."""

    key: str | None
    digest: str
    payload: object


@dataclass
class Sorted:
    """A page's payloads: known to the letter, to be compared, or refused."""

    received: Sequence[Received] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    same: list[Known] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def payload(self, key: str) -> object:
        """What came last under this key."""
        return next(item.payload for item in reversed(self.received) if item.key == key)

    def refused_links(self) -> list[tuple[Known, Refusal]]:
        """The links of refused records that the store knew before this page."""
        named = [(item.external_id, item) for item in self.refusals]
        return [(self.known[key], item) for key, item in named if key and key in self.known]

    def drop_refusals(self, met: Collection[str]) -> int:
        """Forget refusals of records that came well too; how many, for they are duplicates."""
        before = len(self.refusals)
        self.refusals = [item for item in self.refusals if item.external_id not in met]
        return before - len(self.refusals)


def receive(sync: AnySync, payloads: Sequence[object]) -> list[Received]:
    """The page's payloads with keys and digests."""
    return [Received(sync.key_of(payload), _digest(payload), payload) for payload in payloads]


def sort(
    sync: AnySync, received: Sequence[Received], known: Mapping[str, Known], context: Context
) -> Sorted:
    """Parse what is not known to the letter; a bad payload never stops the page."""
    records = Sorted(received, known)
    prefix = mark(sync, context)
    quick = context.by_letters
    # Of one record sent twice the last must win.
    often = Counter(item.key for item in received)
    news: list[tuple[Received, str]] = []
    for item in received:
        hash_ = prefix + item.digest
        link = known.get(item.key) if item.key is not None else None
        same = link is not None and link.hash == hash_ and not link.gone and item.digest
        # What this run met before is compared, for it may have been refused then.
        fresh = link is not None and link.seen_run != context.run_id
        if quick and link is not None and fresh and same and often[item.key] == 1:
            records.same.append(link)
            continue
        news.append((item, hash_))
    _read(sync, news, records)
    return records


def _read(sync: AnySync, news: Sequence[tuple[Received, str]], records: Sorted) -> None:
    parsed = parse_all(sync.record, [item.payload for item, _ in news])
    for (item, hash_), record in zip(news, parsed or [None] * len(news), strict=True):
        try:
            row = sync.row(parse(sync.record, item.payload) if record is None else record)
        except SkippableError as error:
            records.refusals.append(refuse(item, error))
        else:
            row.hash = hash_
            records.rows.append(row)


def mark(sync: AnySync, context: Context) -> str:
    """What a row's hash begins with: the code that reads it, and what else it depends on."""
    return f"{sync.kind.version}.{context.world}."


def refuse(item: Received, error: SkippableError) -> Refusal:
    """The reject of a payload that could not be parsed."""
    return Refusal(
        external_id=item.key,
        code=error.code,
        field=error.field,
        message=str(error),
        payload=item.payload,
    )


def _digest(payload: object) -> str:
    try:
        # Version 2 writes values and nothing else: later ones also write which are shared.
        data = marshal.dumps(payload, 2)  # type: ignore[arg-type]  # else a ValueError
    except ValueError:
        # Nested beyond what marshal follows, or holding what it does not know.
        return ""
    return blake2b(data, digest_size=16).hexdigest()
