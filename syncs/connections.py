"""Connectors of the configuration that hold tokens: where those come from, and where they are."""

from __future__ import annotations

from dataclasses import dataclass

from connectors import vendors
from connectors.authentication import NO_ADDRESSES, file_tokens, token_endpoint
from connectors.config import ConnectorConfig
from connectors.folder import Configured, problems_of, read_folder
from connectors.http.token_endpoint import TokenEndpoint
from connectors.http.token_requests import Provider
from connectors.tokens import FileTokens
from core.advice import Advised
from core.errors import ConfigurationError, NotFoundError, RefusedError
from core.settings import settings
from syncs.tokens import StoredTokens

CALLBACK = "/oauth/callback"
"""The route of the web process that a browser comes back to."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A connector that a person authorises."""

    name: str
    config: ConnectorConfig
    endpoint: TokenEndpoint
    tokens: StoredTokens | FileTokens

    @property
    def callback(self) -> str:
        """Where a browser comes back to, as the vendor has it registered; empty without an address
        of ours.
        """
        public = settings().public_url
        ours = f"{public}{CALLBACK}" if public else ""
        return self.config.auth.redirect_uri or ours


def find(name: str) -> Connection:
    """The connector of this name in ``CONNECTORS_DIR``.

    Raises ``NotFoundError``, ``RefusedError`` for one that nobody authorises, and
    ``ConfigurationError`` for one that is wrong.
    """
    configured = configured_as(name)
    config = configured.config
    if config.auth.method != "oauth2":
        text = f"{name} authenticates by {config.auth.method}: nobody needs to authorise it."
        raise RefusedError(Advised(text, "nothing to authorise"))
    provider = _provider(configured)
    in_file = config.auth.token_store == "file"  # noqa: S105 - where tokens are kept
    return Connection(
        name=name,
        config=config,
        endpoint=token_endpoint(config, name=name, provider=provider),
        tokens=file_tokens(config, name=name) if in_file else StoredTokens(name),
    )


def configured_as(name: str) -> Configured:
    """What the files, read now, say of the connector. Raises as ``find``."""
    folder = read_folder(settings().connectors_dir)
    if name in folder.connectors:
        return folder.connectors[name]
    if problems := problems_of(name, folder.invalid):
        raise ConfigurationError(*problems)
    raise NotFoundError("connector", f"named {name!r}")


def _provider(configured: Configured) -> Provider:
    """The OAuth2 of the vendor; without its class the configuration says all of it."""
    kind = vendors.find(configured.family, configured.vendor)
    return NO_ADDRESSES if kind is None else kind.provider
