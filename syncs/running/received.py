"""A payload as it came: its key and its digest, before anybody has read it.

A record that comes again to the letter, under the same code and the same shops, is known to be
unchanged without being parsed.
"""

from __future__ import annotations

import marshal
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from core.errors import SkippableError
from core.payload import MISSING_FIELD, Payload, parse, parse_all
from db.records.plan import Context, Known, Row
from db.work.rejects import Refusal
from syncs.declaration import AnySync
from syncs.fields import Absences

MOST_NAMED = 10
"""Records of a page that a warning names."""


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
    warnings: list[str] = field(default_factory=list)

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
        fresh = link is not None and (link.seen_run != context.run_id or not context.in_run)
        if quick and link is not None and fresh and same and often[item.key] == 1:
            records.same.append(link)
            continue
        news.append((item, hash_))
    _read(sync, news, records)
    records.warnings = unread(sync, records.rows)
    return records


def _read(sync: AnySync, news: Sequence[tuple[Received, str]], records: Sorted) -> None:
    parsed = parse_all(sync.record, [item.payload for item, _ in news])
    absences = Absences(sync.fields)
    for (item, hash_), record in zip(news, parsed or [None] * len(news), strict=True):
        try:
            row = read(sync, item.payload, records.known, absences, record)
        except SkippableError as error:
            records.refusals.append(refuse(item, error))
        else:
            row.hash = hash_
            records.rows.append(row)


def read(
    sync: AnySync,
    payload: object,
    known: Mapping[str, Known],
    absences: Absences,
    record: Payload | None = None,
) -> Row:
    """A payload as a row (``record``: as it was parsed already).

    Raises ``SkippableError``, also for a new record without a field that it needs.
    """
    row: Row = sync.row(parse(sync.record, payload) if record is None else record)
    assert isinstance(payload, dict), "or it would not have been parsed"
    if row.gone:
        return row
    row.names, row.absent = payload, absences.of(payload, row.values)
    if row.absent:
        link = known.get(row.external_id)
        # A placeholder was never sent by its source.
        _begin(sync, row, new=link is None or link.seen_run is None)
    return row


def _begin(sync: AnySync, row: Row, *, new: bool) -> None:
    """Give the row what a new record begins with; a ``new`` one must have what it needs."""
    absent = [field for field in sync.fields if field.column in row.absent]
    row.values |= {field.column: field.default for field in absent if field.default is not None}
    lacking = [field for field in absent if new and field.needed]
    if lacking:
        sentence = "; ".join(f"{field.names[0]}: is missing" for field in lacking)
        raise SkippableError(f"{sentence}.", field=lacking[0].names[0], code=MISSING_FIELD)


def unread(sync: AnySync, rows: Sequence[Row]) -> list[str]:
    """A warning for each field that some records have in a way that its column cannot hold."""
    keys = defaultdict[str, list[str]](list)
    for row in [each for each in rows if each.unread]:
        for name in row.unread:
            keys[name].append(row.external_id)
    return [
        f"{sync.item.removesuffix('_id')} {named(each)}: {name} cannot be read; it is empty here, "
        "and what came is kept beside it"
        for name, each in keys.items()
    ]


def named(keys: Sequence[str]) -> str:
    """The first of ``keys``, and how many more there are."""
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    return ", ".join(keys[:MOST_NAMED]) + more


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
