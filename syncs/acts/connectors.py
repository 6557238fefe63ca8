"""Authorise a connector: by a person's way through the browser, or with tokens; take it back."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from connectors.errors import APIError
from connectors.http import grants
from connectors.http.grants import GrantError
from connectors.tokens import FileTokens, Tokens
from core import crypto
from core.errors import RefusedError
from core.logs import get_logger
from db.access import oauth_requests, tokens
from db.models import OAuthRequest
from db.session import reading, writing
from syncs import connections
from syncs.acts.by import By
from syncs.connections import Connection
from syncs.views.connectors import Authorisation, Outcome
from syncs.views.shapes import Shape

log = get_logger(__name__)


class Begun(Authorisation):
    """A request that was just made; the person opens ``url``."""

    url: str


class Finished(Shape):
    """How the browser came back. ``connector`` and ``outcome`` are None for a request that is
    unknown, too old, or was used without success.
    """

    connector: str | None
    outcome: Outcome | None


UNKNOWN = Finished(connector=None, outcome=None)


def begin(name: str, *, redirect_uri: str, by: By) -> Begun:
    """A request for authorisation that comes back to ``redirect_uri``, once, within ten minutes.

    Raises as ``syncs.connections.find``.
    """
    connection = connections.find(name)
    endpoint = connection.endpoint
    state = secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(48) if endpoint.client.pkce else None
    url = endpoint.browse(state=state, redirect_uri=redirect_uri, verifier=verifier)
    kept = crypto.seal(json.dumps({"verifier": verifier, "redirect_uri": redirect_uri}))
    with writing() as session:
        made = oauth_requests.add(session, name, state=state, sealed=kept, who=by.who)
        session.refresh(made)
        return Begun(**Authorisation.of(made).dump(), url=url)


def finish(state: str, code: str | None) -> Finished:
    """What became of the browser that came back with this state, and a code if the person agreed.

    The tokens are kept. A page that is loaded again finds what the first time came to.
    """
    with reading() as session:
        request = oauth_requests.find_by_state(session, state)
    if request is None:
        return UNKNOWN
    try:
        connection = connections.find(request.connector)
    except RefusedError:
        # The configuration has changed since.
        return UNKNOWN
    with writing() as session:
        is_first = oauth_requests.use(session, request.id)
    if is_first:
        return Finished(connector=request.connector, outcome=_exchange(connection, request, code))
    if request.outcome == "connected":
        return Finished(connector=request.connector, outcome="connected")
    return UNKNOWN


def _exchange(connection: Connection, request: OAuthRequest, code: str | None) -> Outcome:
    if not code:
        return _end(request, "denied", "the vendor's page sent the browser back without a code")
    kept = json.loads(crypto.unseal(request.sealed))
    try:
        if not grants.is_token(code):
            raise GrantError("the browser brought no code that a vendor makes")
        made = connection.endpoint.exchange(
            code, redirect_uri=kept["redirect_uri"], verifier=kept["verifier"]
        )
    except APIError as error:
        log.warning("connector.not_authorised", connector=connection.name, error=str(error))
        return _end(request, "unreachable" if error.is_retriable else "refused", str(error))
    _to_file(connection, made)
    with writing() as session:
        _to_store(session, connection, made, by=By(request.who))
        oauth_requests.end(session, request.id, "connected", None)
    return "connected"


def _end(request: OAuthRequest, outcome: Outcome, error: str) -> Outcome:
    with writing() as session:
        oauth_requests.end(session, request.id, outcome, error)
    return outcome


def take(name: str, document: object, *, by: By) -> None:
    """Keep tokens that somebody has already: ``access_token``, ``refresh_token``, and when the
    first ends, ``expires_in`` or ``expires_at``; other fields are not read.

    Raises ``RefusedError``, which names what is wrong, and as ``syncs.connections.find``.
    """
    connection = connections.find(name)
    now = datetime.now(UTC)
    problems = [*_problems(document, now)]
    if problems:
        raise RefusedError(" ".join(problems))
    made = grants.tokens(document, now=now, held=None, call=name)
    _to_file(connection, made)
    with writing() as session:
        _to_store(session, connection, made, by=by)


def revoke(name: str, *, by: By) -> None:
    """Give the tokens back to the vendor, if it takes any back, and forget them.

    Raises ``RefusedError`` when there are none, and ``connectors.errors``, the tokens still kept,
    when the vendor does not answer.
    """
    connection = connections.find(name)
    with connection.tokens.locked():
        held = connection.tokens.read()
        if held is None:
            raise RefusedError(f"{name} has no tokens.")
        try:
            connection.endpoint.revoke(held)
        except GrantError:
            # It does not know them any more, which is as good.
            log.info("connector.revoked_before", connector=name)
        connection.tokens.forget()
    with writing() as session:
        by.note(session, "connector.revoke", f"connector {name}")
    log.info("connector.revoked", connector=name)


def _problems(document: object, now: datetime) -> list[str]:
    if not isinstance(document, dict):
        return ['The tokens are a JSON object: {"access_token": …, "refresh_token": …}.']
    problems = [
        f"{key}: must be a text that a header can carry."
        for key in ("access_token", "refresh_token")
        if not grants.is_token(document.get(key))
        and (key == "access_token" or document.get(key) is not None)
    ]
    for key, what in (("expires_in", "seconds"), ("expires_at", "a moment (ISO 8601)")):
        for name in (key, f"refresh_token_{key}"):
            value = document.get(name)
            if value is not None and grants.named_end({key: value}, now=now) is None:
                problems.append(f"{name}: must be {what}.")
    return problems


def _to_file(connection: Connection, made: Tokens) -> None:
    if isinstance(connection.tokens, FileTokens):
        with connection.tokens.locked():
            connection.tokens.replace(made)


def _to_store(session: Session, connection: Connection, made: Tokens, *, by: By) -> None:
    """Keep the tokens whatever is there, with the act, in one transaction."""
    if not isinstance(connection.tokens, FileTokens):
        tokens.replace(session, connection.name, sealed=made.seal(), expires_at=made.expires_at)
    by.note(session, "connector.authorize", f"connector {connection.name}")
    log.info("connector.authorised", connector=connection.name)
