"""Whether a connector can be used: what its tokens, its last call or a look at its vendor say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from connectors.authentication import file_tokens
from connectors.errors import APIError, AuthenticationError, ForbiddenError, ReauthorizeError
from connectors.families import Location, PointOfSale
from connectors.http.deadline import Timeouts
from connectors.tokens import Tokens
from core.advice import Advised, Sentence
from core.errors import ConfigurationError
from core.logs import redact
from syncs.configured import Connected
from syncs.health import PATIENCE
from syncs.tokens import StoredTokens

State = Literal["ok", "reauthorize", "refused", "unreachable", "invalid"]
Advice = Literal[
    "authorise", "ends", "location", "refused", "scopes", "shop", "silent", "strange_location"
]
WARNED = timedelta(days=7)
"""How long before its end an authorisation is a problem."""

_REFUSED = frozenset({AuthenticationError.code, ForbiddenError.code})
_TROUBLE = frozenset({"CONNECTION", "SERVER", "ANSWER", "CIRCUIT_OPEN"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong at a ``path`` of the files, in plain words without a full stop, with an
    ``Advice`` where they are ours; ``state`` is what the connector is by it, ``ok`` when it can be
    used all the same.
    """

    path: str
    message: Sentence
    state: State = "ok"


def of_sentence(problem: str, state: State = "invalid") -> Finding:
    """``path: message.`` taken apart."""
    path, _, message = problem.partition(": ")
    return Finding(path=path, message=message.removesuffix("."), state=state)


def of_error(connector: Connected, error: Exception) -> list[Finding]:
    """What an error of the connector means."""
    name = connector.name
    if isinstance(error, ConfigurationError):
        return [of_sentence(problem) for problem in error.problems]
    message = redact(str(error)).removesuffix(".")
    if isinstance(error, ReauthorizeError):
        return [_unauthorised(connector)]
    if isinstance(error, AuthenticationError | ForbiddenError):
        return [Finding(path=f"{name}.auth", message=message, state="refused")]
    passes = isinstance(error, APIError) and error.is_retriable
    return [Finding(path=name, message=message, state="unreachable" if passes else "refused")]


def of_tokens(connector: Connected, tokens: Tokens | None, now: datetime) -> list[Finding]:
    """What the tokens of a connector that somebody authorises say."""
    path, config = f"{connector.name}.auth", connector.config.auth
    if config.method == "oauth2" and (tokens is None or tokens.refused):
        return [_unauthorised(connector)]
    if tokens is None:
        return []
    findings = []
    granted = (tokens.scope or "").replace(",", " ").split()
    if lacking := sorted(set(config.scopes) - set(granted)) if granted else []:
        names = ", ".join(lacking)
        message = _said(f"the vendor did not grant {names}", "scopes", scopes=names)
        findings.append(Finding(path=f"{path}.scopes", message=message, state="refused"))
    end = tokens.last_until
    if config.method == "oauth2" and end is not None and end - now < WARNED:
        text = f"the authorisation ends on {end:%Y-%m-%d}; authorise again before"
        message = _said(text, "ends", day=end.date())
        findings.append(Finding(path=path, message=message))
    return findings


def of_call(connector: Connected, error: str | None) -> list[Finding]:
    """What the code of the error of its last call says; None: it went well, or there was none."""
    name = connector.name
    if error in _REFUSED:
        message = _said("the vendor refused a call", "refused")
        return [Finding(path=f"{name}.auth", message=message, state="refused")]
    if error in _TROUBLE:
        message = _said("the vendor did not answer the last call", "silent")
        return [Finding(path=name, message=message, state="unreachable")]
    return []


def of_shops(connector: Connected, shops: frozenset[int]) -> list[Finding]:
    """Shops that locations are mapped to and that do not exist."""
    return [
        Finding(
            path=f"{connector.name}.shops.{location}",
            message=_said(f"there is no shop {shop}", "shop", shop=shop),
            state="invalid",
        )
        for location, shop in connector.config.shops.items()
        if shop not in shops
    ]


def of_locations(
    connector: Connected, locations: dict[str, str], shops: frozenset[int]
) -> list[Finding]:
    """Locations, by id with their names, that are no shop of ours, unless there is one alone."""
    mapped = connector.config.shops
    if not mapped and len(shops) == 1:
        return []
    return [
        Finding(
            path=f"{connector.name}.shops.{location}",
            message=_said(
                f"{name or 'this location'} is no shop of ours; its tickets have none", "location"
            ),
        )
        for location, name in locations.items()
        if location not in mapped
    ]


def of_chosen(connector: Connected, known: Collection[str]) -> list[Finding]:
    """Locations of the configuration that the vendor, who has the ``known`` ones, does not have."""
    return [
        Finding(
            path=f"{connector.name}.locations",
            message=_said(
                f"the vendor has none with the id {location}", "strange_location", location=location
            ),
            state="invalid",
        )
        for location in connector.config.locations or ()
        if location not in known
    ]


def state_of(findings: list[Finding]) -> State:
    """The one word: what a person must see to comes before what passes by itself."""
    order: tuple[State, ...] = ("invalid", "reauthorize", "refused", "unreachable")
    states = {finding.state for finding in findings}
    return next((state for state in order if state in states), "ok")


def tokens_of(connector: Connected) -> Tokens | None:
    """The tokens of a connector that has any. Raises ``ConfigurationError``."""
    config = connector.config
    if not config.auth.method.startswith("oauth2"):
        return None
    if config.auth.token_store == "file":  # noqa: S105 - where tokens are kept
        return file_tokens(config, name=connector.name).read()
    return StoredTokens(connector.name).read()


def look(connector: Connected, shops: frozenset[int]) -> list[Finding]:
    """What one cheap read at the vendor comes to, within ten seconds."""
    try:
        with connector.source.open(Timeouts.once(PATIENCE)) as opened:
            if isinstance(opened, PointOfSale) and opened.capabilities["get_locations"]:
                return _look_at_locations(opened.get_locations(), connector, shops)
            opened.connect()
            return []
    except (APIError, ConfigurationError) as error:
        return of_error(connector, error)


def _look_at_locations(
    known: Sequence[Location], connector: Connected, shops: frozenset[int]
) -> list[Finding]:
    chosen = connector.config.locations
    active = {
        each.id: each.name for each in known if each.active and (not chosen or each.id in chosen)
    }
    return [
        *of_chosen(connector, {each.id for each in known}),
        *of_locations(connector, active, shops),
    ]


def _unauthorised(connector: Connected) -> Finding:
    return Finding(
        path=f"{connector.name}.auth",
        message=_said("must be authorised", "authorise", connector=connector.name),
        state="reauthorize",
    )


def _said(text: str, advice: Advice, **names: object) -> Advised:
    return Advised(text, advice, names)
