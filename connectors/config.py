"""How a connector is configured: one vendor's mapping, or a family's file with one for each NAME.

``auth`` says how the vendor knows us; the other sections have defaults. In a file a secret is
written ``${NAME}``, and its value is in the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

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

FAMILIES = ("pos", "suppliers", "reservations", "crm")
"""A family's file in the folder of the connectors is ``pos.yaml`` and so on."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}").fullmatch
NAME = "a name is 1 to 32 small letters, digits and '_', and begins with a letter"

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
    locations: tuple[Text, ...] | None = None
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """A connector in a family's file."""

    name: str
    family: str
    config: ConnectorConfig

    @property
    def vendor(self) -> str:
        """Whose API it is."""
        return self.config.vendor or self.name


def parse(mapping: object, *, path: Where = ()) -> ConnectorConfig:
    """One vendor's mapping, which lies at ``path``; a program may write secrets in it.

    Raises ``ConfigurationError`` with every problem, each at its path.
    """
    config, problems = _parsed(mapping, path)
    return _checked(config, problems)


def load(file: str | Path) -> ConnectorConfig:
    """The one vendor's mapping in a file of YAML or JSON. Raises as ``parse``, and for a secret
    that is written out.
    """
    mapping = read(Path(file))
    config, problems = _parsed(mapping, ())
    return _checked(config, [*of_secrets(mapping, ()), *problems])


def load_folder(folder: str | Path) -> dict[str, Configured]:
    """The connectors in the families' files of ``folder``, by name; a file may be missing.

    Raises ``ConfigurationError`` with every problem of all files.
    """
    problems: list[Problem] = []
    broken = list(_misnamed(Path(folder)))
    found: list[Configured] = []
    families: dict[str, str] = {}
    for family in FAMILIES:
        try:
            named = _named(Path(folder, f"{family}.yaml"))
        except ConfigurationError as error:
            broken += error.problems
            continue
        for name, mapping in named.items():
            config, wrong = _parsed(mapping, (name,))
            first = families.setdefault(name, family)
            problems += [*_of_name(name, first, family), *of_secrets(mapping, (name,)), *wrong]
            if config is not None:
                found.append(Configured(name=name, family=family, config=config))
    broken += sentences([*problems, *_of_accounts(found)])
    if broken:
        raise ConfigurationError(*broken)
    return {each.name: each for each in found}


def _written(section: Section) -> dict[str, object]:
    values: dict[str, object] = section.model_dump(exclude_none=True)
    return values


def _checked(config: ConnectorConfig | None, problems: list[Problem]) -> ConnectorConfig:
    if problems or config is None:
        raise ConfigurationError(*sentences(problems))
    return config


def _parsed(mapping: object, where: Where) -> tuple[ConnectorConfig | None, list[Problem]]:
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


def _named(file: Path) -> dict[str, object]:
    """A family's mappings by name; a flat one is called as its vendor, no file is none."""
    mapping = read(file) if file.exists() else {}
    if "auth" not in mapping and "api" not in mapping:
        return {str(name): inside for name, inside in mapping.items()}
    vendor = mapping.get("vendor")
    if isinstance(vendor, str):
        return {vendor: mapping}
    raise ConfigurationError(
        "vendor: is missing; a file with one connector says which vendor's it is."
    )


def _misnamed(folder: Path) -> Iterator[str]:
    """Files of a family that nobody would read; JSON is YAML, and is called so."""
    for family in FAMILIES:
        for other in ("yml", "json"):
            if (file := folder / f"{family}.{other}").exists():
                yield f"{file}: is not read; call it {family}.yaml."


def _of_name(name: str, first: str, family: str) -> Iterator[Problem]:
    if not _NAME(name):
        yield (name,), NAME
    if first != family:
        yield (name,), f"is in {first}.yaml too; a name is one connector's"


def _of_accounts(connectors: Iterable[Configured]) -> Iterator[Problem]:
    """Two connectors of one account would count everything twice."""
    first: dict[object, str] = {}
    for each in connectors:
        account = _account(each)
        if account is not None and first.setdefault(account, each.name) != each.name:
            yield (each.name, "auth"), f"is the account of {first[account]} too; keep one of them"


def _account(connector: Configured) -> object:
    """What tells an account of a vendor; None where only the vendor knows."""
    auth, config = connector.config.auth, connector.config
    known = (auth.token or auth.username) or (
        auth.client_id if auth.method == "oauth2_client_credentials" else auth.token_path
    )
    if known is None:
        return None
    return connector.vendor, config.api.base_url, config.customer_number, known
