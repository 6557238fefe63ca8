"""Connectors that somebody configured, as sources with their syncs: nobody registers anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from celery.schedules import crontab

from connectors import parts, vendors
from connectors.authentication import auth_of
from connectors.config import ConnectorConfig
from connectors.families.family import Family
from connectors.families.feeds import AnyFeed
from connectors.folder import Configured, Folder, Invalid, problems_of, read_folder
from connectors.http.client import HTTPClient
from connectors.http.deadline import Timeouts
from core.errors import ConfigurationError
from syncs import shared
from syncs.declaration import AnySync, Sync
from syncs.families import FAMILIES, Subject
from syncs.source import AnySource, Source
from syncs.tokens import StoredTokens

OFTEN = crontab(minute="*/15")
FRESH_FOR = 900.0
AT_NIGHT = crontab(minute="30", hour="3")
"""When everything is asked for, so that what is gone is noticed."""


@dataclass(frozen=True, kw_only=True)
class Connected:
    """A configured connector: its class, its source, and the syncs that come of its feeds."""

    name: str
    family: str
    vendor: str
    config: ConnectorConfig
    kind: type[Family]
    source: AnySource
    syncs: tuple[AnySync, ...]


@dataclass(frozen=True, kw_only=True)
class Connectors:
    """What the files of a folder come to. ``digest`` is the same for the same connectors, whatever
    their secrets are.
    """

    connected: Mapping[str, Connected]
    invalid: tuple[Invalid, ...]
    digest: str

    @property
    def syncs(self) -> dict[str, AnySync]:
        """All their syncs, by name."""
        return {sync.name: sync for each in self.connected.values() for sync in each.syncs}

    @property
    def sources(self) -> dict[str, AnySource]:
        """Their sources, by name."""
        return {each.name: each.source for each in self.connected.values()}

    def require_valid(self, name: str) -> None:
        """Raises ``ConfigurationError`` when the connector is invalid, or may be in a file that
        nobody can read.
        """
        if name not in self.connected and (problems := problems_of(name, self.invalid)):
            raise ConfigurationError(*problems)


@lru_cache(maxsize=10)
def read(folder: Path, taken: frozenset[str]) -> Connectors:
    """The connectors in ``folder``, which is read once by each process; ``taken`` are names of
    other sources.
    """
    found = read_folder(folder)
    connected: dict[str, Connected] = {}
    invalid = [
        replace(each, problems=(*each.problems, *_misnamed(each, taken))) for each in found.invalid
    ]
    for name, configured in found.connectors.items():
        kind = vendors.find(configured.family, configured.vendor)
        problems = tuple(_misnamed(configured, taken))
        if kind is None or problems:
            invalid.append(
                Invalid(
                    name=name,
                    family=configured.family,
                    vendor=configured.vendor,
                    problems=problems,
                )
            )
        else:
            connected[name] = connect(configured, kind)
    return Connectors(connected=connected, invalid=tuple(invalid), digest=digest(found))


def connect(configured: Configured, kind: type[Family]) -> Connected:
    """The source and the syncs of a connector; sends nothing."""
    name, config = configured.name, configured.config
    source: AnySource = Source(
        name=name,
        family=configured.family,
        vendor=configured.vendor,
        connector=partial(_open, configured, kind),
        timeout=lambda: parts.timeouts(config),
        advice=f"{name} is not configured.",
        probe=kind.connect,
    )
    subjects = FAMILIES.get(configured.family, {})
    return Connected(
        name=name,
        family=configured.family,
        vendor=configured.vendor,
        config=config,
        kind=kind,
        source=source,
        syncs=tuple(
            _sync(source, config, feed, kind.feeds[feed], subjects[feed])
            for feed in subjects
            if feed in kind.feeds and config.capabilities.get(f"get_{feed}", True)
        ),
    )


def digest(folder: Folder) -> str:
    """What tells two folders apart: names, vendors and mappings, and no secret."""
    connectors = [
        [each.family, name, each.vendor, each.config.model_dump(mode="json")]
        for name, each in sorted(folder.connectors.items())
    ]
    wrong = sorted([each.family, each.name, *each.problems] for each in folder.invalid)
    text = json.dumps([connectors, wrong], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _open(configured: Configured, kind: type[Family], timeouts: Timeouts) -> Family:
    made = client(configured, kind, timeouts)
    return kind(config=configured.config, client=made, name=configured.name)


def client(
    configured: Configured, kind: type[Family], within: Timeouts
) -> Callable[[ConnectorConfig, Mapping[str, str]], HTTPClient]:
    """Makes the client with what all processes share: tokens, limits, breaker, notes of calls."""
    name = configured.name

    def made(config: ConnectorConfig, headers: Mapping[str, str]) -> HTTPClient:
        in_file = config.auth.token_store == "file"  # noqa: S105 - where tokens are kept
        store = None if in_file else StoredTokens(name)
        auth = auth_of(config, name=name, store=store, provider=kind.provider)
        return shared.client(config, name=name, auth=auth, headers=headers, within=within)

    return made


def _sync(
    source: AnySource, config: ConnectorConfig, name: str, feed: AnyFeed, subject: Subject
) -> AnySync:
    return Sync(
        name=f"{source.name}.{name}",
        summary=subject.summary.format(name=source.name),
        source=source,
        fetch=feed.pages,
        record=feed.record,
        row=lambda record: subject.row(feed.read(record)),
        kind=subject.kind(config),
        item=subject.item,
        fields=subject.fields,
        key=feed.key,
        complete=feed.complete,
        replication_key=feed.replication_key,
        overlap=config.sync.overlap_seconds,
        # A walk that begins at a day is not whole, and would notice nothing that is gone.
        begin=None if feed.complete else config.sync.since,
        whole_at=AT_NIGHT if feed.complete and feed.replication_key else None,
        schedule=OFTEN,
        fresh_for=FRESH_FOR,
    )


def _misnamed(each: Configured | Invalid, taken: Collection[str]) -> Iterator[str]:
    """What is wrong with the name of a connector and with its vendor's."""
    if each.name in taken:
        yield f"{each.name}: is the name of a source of Moulin's own; choose another."
    if each.vendor is not None and vendors.find(each.family, each.vendor) is None:
        known = ", ".join(vendors.names(each.family)) or "none yet"
        yield (
            f"{each.name}{'' if each.vendor == each.name else '.vendor'}: there is no vendor "
            f"{each.vendor!r} in {each.family}; there are: {known}."
        )
