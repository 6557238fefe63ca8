"""A connector that is built by hand: its configuration and its client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from connectors import config as files
from connectors import parts
from connectors.authentication import auth_of
from connectors.config import ConnectorConfig
from connectors.http.client import HTTPClient
from connectors.http.token_requests import Provider
from core.errors import ConfigurationError

Client = Callable[[ConnectorConfig, Mapping[str, str]], HTTPClient]
"""Makes the client of a configuration; the headers go with every request."""


def configuration(
    path: str | PathLike[str] | None,
    mapping: Mapping[str, object] | None,
    config: ConnectorConfig | None,
) -> ConnectorConfig:
    """The one of the three that is given. Raises ``ConfigurationError``."""
    if sum(each is not None for each in (path, mapping, config)) != 1:
        raise ConfigurationError("give one of config_path and config_dict.")
    if path is not None:
        return files.load(Path(path))
    return config or files.parse(mapping)


def by_hand(name: str, provider: Provider) -> Client:
    """The client with the parts of this process alone. Raises ``ConfigurationError``."""

    def client(config: ConnectorConfig, headers: Mapping[str, str]) -> HTTPClient:
        auth = auth_of(config, name=name, provider=provider)
        return parts.client(config, name=name, auth=auth, headers=headers)

    return client
