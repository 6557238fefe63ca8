"""The credentials of a connector, by the method that its configuration names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

from pydantic import SecretStr

from connectors.config import ConnectorConfig
from connectors.http import auth
from connectors.http.auth import Auth
from connectors.http.oauth import OAuth2
from connectors.http.token_endpoint import TokenEndpoint
from connectors.http.token_requests import Client, Provider
from connectors.tokens import FileTokens, TokenStore
from core.errors import ConfigurationError

NO_ADDRESSES = Provider()


def auth_of(
    config: ConnectorConfig,
    *,
    name: str,
    store: TokenStore | None = None,
    provider: Provider = NO_ADDRESSES,
) -> Auth:
    """How the connector ``name`` proves who it is, by the vendor's own ``provider`` of tokens.

    Without a ``store`` these are in the file ``auth.token_path``. Raises ``ConfigurationError``.
    """
    given, where = config.auth, f"check {name}.auth"
    match given.method:
        case "api_key":
            return auth.key(f"{given.header}: {{key}}", _opened(given.token), where=where)
        case "bearer":
            return auth.bearer(_opened(given.token), where=where)
        case "basic":
            return auth.basic(_opened(given.username), _opened(given.password), where=where)
    return OAuth2(
        token_endpoint(config, name=name, provider=provider),
        store or file_tokens(config, name=name),
        name=name,
        by_person=given.method == "oauth2",
    )


def token_endpoint(config: ConnectorConfig, *, name: str, provider: Provider) -> TokenEndpoint:
    """Where the connector's tokens come from: ``provider``, but for the addresses it was given.

    Raises ``ConfigurationError`` with every problem.
    """
    given = config.auth
    client = Client(
        client_id=given.client_id or "",
        client_secret=_opened(given.client_secret) or None,
        scopes=given.scopes,
        pkce=given.pkce,
    )
    addressed = _addressed(provider, config)
    problems = [*_problems(addressed, client, by_person=given.method == "oauth2")]
    if problems:
        raise ConfigurationError(*(f"{name}.auth.{problem}" for problem in problems))
    return TokenEndpoint(addressed, client)


def file_tokens(config: ConnectorConfig, *, name: str) -> FileTokens:
    """The tokens in the file ``auth.token_path``, for a connector that is made by hand.

    Raises ``ConfigurationError`` without one, and for tokens that are in the store.
    """
    if config.auth.token_store == "database":  # noqa: S105 - where tokens are kept
        raise ConfigurationError(
            f"{name}.auth.token_store: 'database' is for connectors of Moulin's own; "
            f'syncs.connect.to_source("{name}") gives one. By hand: file.'
        )
    if not config.auth.token_path:
        raise ConfigurationError(
            f"{name}.auth.token_path: is missing; the file that its tokens are kept in."
        )
    return FileTokens(Path(config.auth.token_path).expanduser())


def _addressed(provider: Provider, config: ConnectorConfig) -> Provider:
    """With the addresses that were given in place of the vendor's own, all of them in full."""
    base = config.api.base_url or provider.base_url
    given = config.auth

    def full(address: str) -> str:
        if not address.startswith("/"):
            return address
        return urljoin(base, address) if base else ""

    return replace(
        provider,
        authorize_url=given.authorize_url or full(provider.authorize_url),
        token_url=given.token_url or full(provider.token_url),
        revoke_url=full(provider.revoke_url),
    )


def _problems(provider: Provider, client: Client, *, by_person: bool) -> Iterator[str]:
    if by_person and not provider.authorize_url:
        yield "authorize_url: is missing; the vendor's address, in full."
    if not provider.token_url:
        yield "token_url: is missing; the vendor's address, in full."
    for key, value in (("client_id", client.client_id), ("client_secret", client.client_secret)):
        if value and not (value.isascii() and value.isprintable()):
            yield f"{key}: holds characters that no header can carry."


def _opened(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
