"""How a connector is configured: one vendor's mapping.

``auth`` says how the vendor knows us; the other sections have defaults. In a file a secret is
written ``${NAME}``, and its value is in the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from connectors.problems import of_auth, of_secrets, of_validation, sentences
from connectors.sections import (
    Api,
    Auth,
    Cache,
    Connection,
    Gln,
    Logging,
    Orders,
    RateLimit,
    Section,
    Sync,
    Text,
    Webhook,
)
from core.config import Problem, Where, expand, read
from core.errors import ConfigurationError
from core.settings import variable

_IDLE = {
    ("logging", "level"): "LOG_LEVEL is for all of Moulin",
    ("logging", "format"): "LOG_FORMAT is for all of Moulin",
    ("cache", "ttl"): "answers are not kept; the store has what the syncs brought",
}


class ConnectorConfig(Section):
    """One vendor's mapping, checked, with the values of the environment in it.

    ``locations`` None: all of them; ``shops`` maps a location of theirs to the id of a shop of
    ours; ``fields`` a field of ours to theirs; ``capabilities`` switches off what is false.
    """

    vendor: Text | None = None
    api: Api = Api()
    auth: Auth
    connection: Connection = Connection()
    rate_limit: RateLimit = RateLimit()
    cache: Cache = Cache()
    logging: Logging = Logging()
    locations: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    shops: dict[Text, int] = Field(default_factory=dict)
    sync: Sync = Sync()
    webhook: Webhook | None = None
    stock: bool = False
    orders: Orders = Orders()
    customer_number: Text | None = None
    delivery_location_id: Text | None = None
    gln: Gln = Gln()
    transport: Literal["rest", "file"] = "rest"
    outbox_dir: Text | None = None
    inbox_dir: Text | None = None
    fields: dict[Text, Text] = Field(default_factory=dict)
    capabilities: dict[Text, bool] = Field(default_factory=dict)

    @property
    def idle(self) -> dict[str, str]:
        """Keys that are written and change nothing, each with its reason."""
        return {
            f"{section}.{key}": reason
            for (section, key), reason in _IDLE.items()
            if key in getattr(self, section).model_fields_set
        }

    def with_defaults(
        self,
        *,
        base_url: str,
        version: str | None = None,
        per_second: int | None = None,
        per_minute: int | None = None,
    ) -> Self:
        """The same, with what the vendor documents where nothing is written: its address, its
        version, and its limits, unless either is written.
        """
        given = {"base_url": base_url, "version": version, **_written(self.api)}
        update: dict[str, Section] = {"api": Api.model_validate(given)}
        limit = self.rate_limit
        if limit.max_requests_per_second is None and limit.max_requests_per_minute is None:
            update["rate_limit"] = RateLimit(
                max_requests_per_second=per_second,
                max_requests_per_minute=per_minute,
                throttle_on_limit=limit.throttle_on_limit,
            )
        return self.model_copy(update=update)


def parse(mapping: object, *, path: Where = ()) -> ConnectorConfig:
    """One vendor's mapping, which lies at ``path``; a program may write secrets in it.

    Raises ``ConfigurationError`` with every problem, each at its path.
    """
    config, problems = parsed(mapping, path)
    return _checked(config, problems)


def load(file: str | Path) -> ConnectorConfig:
    """The one vendor's mapping in a file of YAML or JSON. Raises as ``parse``, and for a secret
    that is written out.
    """
    mapping = read(Path(file))
    config, problems = parsed(mapping, ())
    return _checked(config, [*of_secrets(mapping, ()), *problems])


def _written(section: Section) -> dict[str, object]:
    values: dict[str, object] = section.model_dump(exclude_none=True)
    return values


def _checked(config: ConnectorConfig | None, problems: list[Problem]) -> ConnectorConfig:
    if problems or config is None:
        raise ConfigurationError(*sentences(problems))
    return config


def parsed(mapping: object, where: Where) -> tuple[ConnectorConfig | None, list[Problem]]:
    """The mapping at ``where``, None if it is none, and every problem at its path."""
    if not isinstance(mapping, Mapping):
        return None, [(where, "must be a mapping (key: value)")]
    expanded, unset = expand(dict(mapping), variable)
    problems: list[Problem] = [((*where, *place), what) for place, what in unset]
    places = {place for place, _ in problems}
    config = None
    try:
        config = ConnectorConfig.model_validate(expanded)
    except ValidationError as error:
        found = of_validation(error, where, ConnectorConfig)
        problems += [problem for problem in found if problem[0] not in places]
    assert isinstance(expanded, dict)
    problems += of_auth(expanded.get("auth"), (*where, "auth"), places)
    return config, problems
