"""``connectors``: which there are and how they are; authorise one, and take that back."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO
from urllib.parse import SplitResult, urlsplit

import click

from cli import words
from cli.commands import outbox
from cli.commands.grade import grade
from cli.commands.webhooks import events
from cli.loopback import HOSTS, Loopback
from cli.output import (
    FAILED,
    UNAVAILABLE,
    WRONG_SETTINGS,
    json_option,
    print_json,
    print_table,
    say,
    say_error,
    when,
)
from cli.stored import StoreGroup
from cli.who import by
from connectors.errors import (
    ConnectionError,  # noqa: A004 - the name users of the API know
    ReauthorizeError,
)
from core.errors import RefusedError
from db.access.oauth_requests import SECONDS
from db.session import reading
from syncs import connections
from syncs.acts import connectors as acts
from syncs.views import calls
from syncs.views import connectors as views

EXIT = {
    WRONG_SETTINGS: {"invalid"},
    FAILED: {"refused", "reauthorize"},
    UNAVAILABLE: {"unreachable"},
}
"""The exit code by the states of which there is one; the first counts."""

MOST = 100_000
"""Characters of a file with tokens."""

SENTENCES = {
    "connected": (
        "C’est fait\u00a0: la connexion est autorisée. Vous pouvez fermer cette page.",
        "Done: the connection is authorised. You may close this page.",
    ),
    "denied": ("L’accès n’a pas été accordé.", "Access was not granted."),
    "refused": ("Le fournisseur a refusé l’autorisation.", "The vendor refused the authorisation."),
    "unreachable": ("Le fournisseur ne répond pas.", "The vendor does not answer."),
    None: ("Ce lien a déjà servi, ou a expiré.", "This link was used already, or has ended."),
}
"""What a browser reads that came back to this machine, by what came of it."""


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(connectors)
    connectors.add_command(events)
    connectors.add_command(outbox.do)
    connectors.add_command(outbox.outbox)
    connectors.add_command(grade)


@click.group(cls=StoreGroup)
def connectors() -> None:
    """Look at the connectors of vendors; authorise them, and take that back."""


@connectors.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connectors and how they are, as far as we know ourselves; nothing is sent."""
    with reading() as session:
        every = views.every(session)
    if as_json:
        print_json({"connectors": [each.line.dump() for each in every]})
        return
    _print(every)


@connectors.command()
@click.argument("name", required=False)
@json_option
def check(name: str | None, as_json: bool) -> None:
    """Ask the vendor of each connector, or of one, for something small: exit 78 when a file is
    wrong, 1 when we are refused, 69 when the vendor does not answer.
    """
    every = views.check(name)
    if as_json:
        print_json({"connectors": [each.dump() for each in every]})
    else:
        _print(every)
    states = {each.state for each in every}
    sys.exit(next((code for code, meant in EXIT.items() if states & meant), 0))


@connectors.command("calls")
@click.argument("name")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="So many, newest first.")
@json_option
def calls_(name: str, limit: int, as_json: bool) -> None:
    """List the last calls to a connector's vendor."""
    views.require(name)
    with reading() as session:
        recent = calls.recent(session, connector=name, limit=limit)
    if as_json:
        print_json([each.dump() for each in recent])
        return
    columns = ("id", "at", "verb", "path", "status", "error", "ms", "tries")
    rows = [[getattr(each, column) for column in columns] for each in recent]
    print_table(columns, rows, empty="Nothing was asked of it within a month.")


def _print(every: Sequence[views.ConnectorDetail]) -> None:
    columns = ("name", "family", "vendor", "state", "breaker", "expires")
    print_table(
        columns,
        [
            (each.name, each.family, each.vendor, each.state, each.breaker, each.expires_at)
            for each in every
        ],
        empty="No connector is configured: CONNECTORS_DIR holds no file of a family.",
    )
    for each in every:
        for sentence in words.connector(each):
            say(sentence)


@connectors.command()
@click.argument("name")
@click.option(
    "--tokens",
    type=click.File("r", encoding="utf-8-sig"),
    help="Take tokens that you have, in JSON, from a file or from stdin (-).",
)
@json_option
def authorize(name: str, tokens: IO[str] | None, as_json: bool) -> None:
    """Have a person authorise a connector in a browser; or take tokens that you have already."""
    if tokens is not None:
        acts.take(name, _read(tokens), by=by())
    else:
        _require_connected(_by_person(name))
    kept = connections.find(name).tokens.read()
    end = None if kept is None else kept.expires_at
    say(f"{name} is authorised." if end is None else f"{name} is authorised until {when(end)}.")
    if as_json:
        print_json({"connector": name, "state": "ok", "expires_at": end})


@connectors.command()
@click.argument("name")
@json_option
def revoke(name: str, as_json: bool) -> None:
    """Give a connector's tokens back to its vendor and forget them."""
    acts.revoke(name, by=by())
    say(f"{name} has no tokens any more; 'python manage.py connectors authorize {name}' asks anew.")
    if as_json:
        print_json({"connector": name, "state": "reauthorize", "expires_at": None})


def _by_person(name: str) -> views.Authorisation | None:
    callback = connections.find(name).callback
    parts = urlsplit(callback)
    if callback and not (parts.scheme == "http" and parts.hostname in HOSTS):
        begun = _begin(name, callback)
        return _wait(begun, partial(time.sleep, 1))
    with _listening(parts) as server:
        begun = _begin(name, callback or server.url)
        return _wait(begun, server.handle_request)


def _begin(name: str, callback: str) -> acts.Begun:
    begun = acts.begin(name, redirect_uri=callback, by=by())
    say(f"Open this address in a browser, before {when(begun.expires_at)}:\n{begun.url}")
    return begun


def _listening(parts: SplitResult) -> Loopback:
    def answer(state: str, code: str | None) -> tuple[str, str]:
        return SENTENCES[acts.finish(state, code).outcome]

    try:
        return Loopback(parts.port or 0, parts.path or connections.CALLBACK, answer)
    except OSError as error:
        raise RefusedError(
            f"Port {parts.port} of this machine, where the browser comes back to, is not free "
            f"({error.strerror}); stop what listens there."
        ) from error


def _wait(begun: acts.Begun, pause: Callable[[], object]) -> views.Authorisation | None:
    """The request once the browser was back, or as it is after ten minutes."""
    end = time.monotonic() + SECONDS
    while True:
        with reading() as session:
            seen = views.authorisation(session, begun.id)
        if seen is None or seen.outcome is not None or time.monotonic() > end:
            return seen
        pause()


def _require_connected(seen: views.Authorisation | None) -> None:
    if seen is None or seen.outcome is None:
        text = "Nobody came back from the vendor's page within ten minutes; nothing has changed."
        say_error(text, code=ReauthorizeError.code)
        raise SystemExit(UNAVAILABLE)
    if seen.outcome == "unreachable":
        say_error(f"{seen.connector} is not authorised: {seen.error}.", code=ConnectionError.code)
        raise SystemExit(UNAVAILABLE)
    if seen.outcome != "connected":
        raise RefusedError(f"{seen.connector} is not authorised: {seen.error}.")


def _read(tokens: IO[str]) -> object:
    try:
        text = tokens.read(MOST + 1)
        if len(text) > MOST:
            raise RefusedError(f"The tokens are over {MOST} characters; this is no file of tokens.")
        return json.loads(text)
    except json.JSONDecodeError as error:
        # The error itself quotes what it read.
        raise RefusedError(
            f"The tokens are no JSON (line {error.lineno}, column {error.colno})."
        ) from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise RefusedError(f"The tokens are no JSON ({type(error).__name__}).") from None
