"""Connectors of the configuration that hold tokens: where those come from, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from connectors import config as files
from connectors.authentication import NO_ADDRESSES, file_tokens, token_endpoint
from connectors.config import ConnectorConfig
from connectors.http.token_endpoint import TokenEndpoint
from connectors.http.token_requests import Provider
from connectors.tokens import FileTokens
from core.advice import Advised
from core.errors import NotFoundError, RefusedError
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
    ``ConfigurationError`` for files that are wrong.
    """
    configured = files.load_folder(settings().connectors_dir).get(name)
    if configured is None:
        raise NotFoundError("connector", f"named {name!r}")
    config = configured.config
    if config.auth.method != "oauth2":
        text = f"{name} authenticates by {config.auth.method}: nobody needs to authorise it."
        raise RefusedError(Advised(text, "nothing to authorise"))
    provider = _provider(configured.family, configured.vendor)
    in_file = config.auth.token_store == "file"  # noqa: S105 - where tokens are kept
    return Connection(
        name=name,
        config=config,
        endpoint=token_endpoint(config, name=name, provider=provider),
        tokens=file_tokens(config, name=name) if in_file else StoredTokens(name),
    )


def _provider(family: str, vendor: str) -> Provider:
    """The OAuth2 of a vendor's module; without one the configuration says all of it."""
    try:
        module = import_module(f"connectors.{family}.{vendor}")
    except ModuleNotFoundError:
        return NO_ADDRESSES
    provider: Provider = getattr(module, "PROVIDER", NO_ADDRESSES)
    return provider
