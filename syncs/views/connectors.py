"""Configured connectors, and a person's way to one's authorisation, as operators see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema
from sqlalchemy.orm import Session

from connectors.folder import Invalid
from core.advice import Sentence
from core.errors import ConfigurationError, NotFoundError
from db import bulk
from db.access import oauth_requests
from db.catalogue import shops
from db.pos import unplaced
from db.session import reading
from db.work import calls, folders
from syncs import checking, registry, shared
from syncs.checking import Finding, State
from syncs.configured import Connected
from syncs.views.shapes import Id, Shape, Text
from syncs.webhooks import receivers

Outcome = Literal["connected", "denied", "refused", "unreachable"]
"""Denied by the person, refused by the vendor, or the vendor did not answer."""

LIVES = 1800.0
"""Seconds after its last note for which a process counts."""


class Authorisation(Shape):
    """A request that a person follows in a browser until ``expires_at``; ``outcome`` None: not yet.

    ``error`` says what to look at; no token or code is in it.
    """

    id: Id
    connector: str
    expires_at: datetime
    outcome: Outcome | None
    error: Text


class ConnectorProblem(Shape):
    """What is wrong, at a place of the files."""

    path: str
    # A page has words of its own for what is ours.
    message: Annotated[Sentence, PlainSerializer(str), WithJsonSchema({"type": "string"})]


class ConnectorLine(Shape):
    """A configured connector, or a file that cannot be read; then nobody knows the ``vendor``.

    ``breaker`` is ``closed``, ``open`` (nothing is sent for a while) or ``half-open``.
    """

    name: str
    family: str
    vendor: Text
    state: State
    capabilities: dict[str, bool] = Field(description="What can be asked of it, by operation.")
    breaker: Text
    expires_at: datetime | None = Field(
        description="When its authorisation ends, or the token in use; null: nobody says."
    )


class ConnectorDetail(ConnectorLine):
    """The same with all that is wrong; a connector that is ``ok`` may have problems too."""

    problems: list[ConnectorProblem]

    @property
    def line(self) -> ConnectorLine:
        """Without the problems."""
        return ConnectorLine(**{name: getattr(self, name) for name in ConnectorLine.model_fields})


class FolderOf(Shape):
    """Processes of one role on one host, which read the same connectors as others or not."""

    role: str
    host: str
    digest: str
    noted_at: datetime


def authorisation(session: Session, ident: int) -> Authorisation | None:
    """The request of this id, as long as it is kept."""
    row = oauth_requests.find(session, ident)
    return None if row is None else Authorisation.of(row)


def every(session: Session) -> list[ConnectorDetail]:
    """All connectors by what we know ourselves; nothing is sent."""
    return _known(session, *_of_name(None))


def find(session: Session, name: str) -> ConnectorDetail:
    """The connector of this name. Raises as ``check``."""
    (found,) = _known(session, *_of_name(name))
    return found


def check(name: str | None = None) -> list[ConnectorDetail]:
    """All connectors, or the one of this name, after one cheap read at each.

    Raises ``NotFoundError`` when there is none of this name, and ``ConfigurationError`` when a file
    that may hold it cannot be read.
    """
    connected, invalid = _of_name(name)
    with reading() as session:
        ours, now = _shops(session), bulk.now(session)
    return [*(_checked(each, ours, now) for each in connected), *map(_invalid, invalid)]


def require(name: str) -> None:
    """Raises as ``check`` unless there is a connector of this name."""
    _of_name(name)


def differing(session: Session) -> list[FolderOf]:
    """The processes that live, when not all of them read the same connectors; else none."""
    living = folders.recent(session, seconds=LIVES)
    if len({each.digest for each in living}) < 2:  # noqa: PLR2004 - one is what should be
        return []
    return [FolderOf.of(each) for each in living]


def _of_name(name: str | None) -> tuple[list[Connected], list[Invalid]]:
    """The connectors of this name, by default all of them: those that work, those that do not."""
    found = registry.connectors()
    connected = [each for each in found.connected.values() if name in {None, each.name}]
    invalid = [each for each in found.invalid if name in {None, each.name}]
    if name is not None and not connected and not invalid:
        found.require_valid(name)
        raise NotFoundError("connector", f"named {name!r}")
    return connected, invalid


def _known(
    session: Session, connected: Iterable[Connected], invalid: Iterable[Invalid]
) -> list[ConnectorDetail]:
    ours, now, places = _shops(session), bulk.now(session), unplaced.locations(session)
    known = []
    for each in connected:
        last = next(iter(calls.recent(session, connector=each.name, limit=1)), None)
        findings = [
            *checking.of_shops(each, ours),
            *checking.of_locations(each, dict.fromkeys(sorted(places[each.name]), ""), ours),
            *checking.of_call(each, last.error if last is not None else None),
        ]
        known.append(_detail(each, findings, now))
    return [*known, *map(_invalid, invalid)]


def _checked(one: Connected, ours: frozenset[int], now: datetime) -> ConnectorDetail:
    before = checking.of_shops(one, ours)
    known = _detail(one, before, now)
    # Without tokens, or with a wrong file, nothing need be asked.
    looked = checking.look(one, ours) if known.state in {"ok", "refused"} else []
    return _detail(one, [*before, *looked], now)


def _detail(one: Connected, findings: list[Finding], now: datetime) -> ConnectorDetail:
    capabilities: dict[str, bool] = {}
    tokens = None
    try:
        with one.source.open() as opened:
            capabilities = opened.capabilities
        tokens = checking.tokens_of(one)
        findings = [*findings, *checking.of_tokens(one, tokens, now)]
        receivers.of(one)
    except ConfigurationError as error:
        findings = [*findings, *checking.of_error(one, error)]
    return ConnectorDetail(
        name=one.name,
        family=one.family,
        vendor=one.vendor,
        state=checking.state_of(findings),
        capabilities=capabilities,
        breaker=shared.breaker(one.name).state,
        expires_at=(tokens.last_until or tokens.expires_at) if tokens is not None else None,
        problems=_problems(findings),
    )


def _invalid(each: Invalid) -> ConnectorDetail:
    return ConnectorDetail(
        name=each.name,
        family=each.family,
        vendor=each.vendor,
        state="invalid",
        capabilities={},
        breaker=None,
        expires_at=None,
        problems=_problems(map(checking.of_sentence, each.problems)),
    )


def _problems(findings: Iterable[Finding]) -> list[ConnectorProblem]:
    said = {(each.path, str(each.message)): each.message for each in findings}
    return [ConnectorProblem(path=path, message=message) for (path, _), message in said.items()]


def _shops(session: Session) -> frozenset[int]:
    return frozenset(shop.id for shop in shops.every(session))
