"""A connector that is built by hand: its configuration, its credentials and its client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from pydantic import SecretStr

from connectors import config as files
from connectors import parts
from connectors.config import ConnectorConfig
from connectors.http import auth
from connectors.http.auth import Auth
from connectors.http.client import HTTPClient
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


def by_hand(name: str) -> Client:
    """The client with the parts of this process alone. Raises ``ConfigurationError``."""

    def client(config: ConnectorConfig, headers: Mapping[str, str]) -> HTTPClient:
        return parts.client(config, name=name, auth=credentials(config, name=name), headers=headers)

    return client


def credentials(config: ConnectorConfig, *, name: str) -> Auth:
    """How the vendor knows us, from ``auth``. Raises ``ConfigurationError``.

    The store's tokens are not within a connector's reach, for it knows no table.
    """
    given = config.auth
    if given.token_store == "database":  # noqa: S105 - it says where tokens are
        raise ConfigurationError(
            f'{name}.auth.token_store: database is what syncs.connect.to_source("{name}") opens; '
            "from Python write file, or call that."
        )
    where = f"check {name}.auth"
    match given.method:
        case "bearer":
            return auth.bearer(_value(given.token), where=where)
        case "api_key":
            return auth.key(f"{given.header}: {{key}}", _value(given.token), where=where)
        case "basic":
            return auth.basic(_value(given.username), _value(given.password), where=where)
    raise ConfigurationError(f"{name}.auth.method: {given.method} is not supported yet.")


def _value(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
