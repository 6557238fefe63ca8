"""Settings: the environment, then a ``.env`` beside ``manage.py``.

``NAME_FILE`` names a file that holds a secret's value; ``MOULIN_DOTENV`` another file than
``.env`` (empty: none). Every problem is reported at once, each with the variable's name and what
to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from core.advice import Advised, Sentence
from core.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent

SECRETS = frozenset(
    {
        "DATABASE_URL",
        "REDIS_URL",
        "B2B_API_KEY",
        "INVENTORY_ENCRYPTION_KEY",
        "SECRET_KEY",
        "TEMPLATE_API_KEY",
        "FLOWER_BASIC_AUTH",
    }
)
SHORTEST_KEY = 32
# An empty value means "not set", as in most shells, but for these it means something.
MEANT_WHEN_EMPTY = ("SYNC_SCHEDULE_", "AUTO_SYNC_PATHS")
NEEDED_IN_PRODUCTION = {
    "REDIS_URL": "the embedded Redis is for development; name a Redis of your own",
    "INVENTORY_ENCRYPTION_KEY": "secrets are sealed with it",
    "SECRET_KEY": "sessions are signed with it; give 32 random characters or more",
    "FLOWER_BASIC_AUTH": "Flower would be open to everybody; give it as user:password",
}


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("no such time zone; give one like Europe/Paris") from error
    return name


def _proxy(address: str) -> str:
    if address not in {"", "*"}:
        try:
            ip_address(address)
        except ValueError as error:
            raise ValueError("give the proxy's own IP address, like 127.0.0.1, or *") from error
    return address


def source_url(url: str) -> str:
    """The address without a slash at its end; ``ValueError`` for one that is not safe."""
    wrong = "not a web address; give one like https://www.example.com/api/v1"
    try:
        parts = urlsplit(url)
    except ValueError:
        # Its own message repeats what may be a password.
        raise ValueError(wrong) from None
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ValueError(wrong)
    if parts.scheme == "http" and not loopback:
        raise ValueError("only https:// is allowed (http:// for this machine alone)")
    if parts.query or parts.fragment:
        raise ValueError("no '?' or '#' in the address; paths are added to it")
    if parts.username or parts.password:
        raise ValueError("no user or password in the address; keys have a setting of their own")
    return url.rstrip("/")


def _paths(given: object) -> object:
    """Paths with commas between them."""
    if not isinstance(given, str):
        return given
    paths = tuple(filter(None, (path.strip() for path in given.split(","))))
    if not all(path.startswith("/") for path in paths):
        raise ValueError("paths begin with '/'; give them as /,/api/inventory/ or nothing at all")
    return paths


def _database_url(url: str) -> str:
    """The driver we ship: psycopg 3 for whatever spelling of PostgreSQL was given."""
    if not url:
        return url
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg://{rest}"
    if scheme not in {"postgresql+psycopg", "sqlite"}:
        raise ValueError("give postgresql://… or sqlite:///path/to/file.db")
    return url


def _secret_key(key: SecretStr) -> SecretStr:
    # The problem names the file, not the setting.
    if 0 < len(key.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(f"too short; give {SHORTEST_KEY} random characters or more")
    return key


def _users(users: SecretStr) -> SecretStr:
    given = users.get_secret_value()
    for user in given.split(",") if given else ():
        name, _, password = user.partition(":")
        if not name.strip() or not password.strip():
            raise ValueError("give it as user:password, several with commas between them")
    return users


SourceURL = Annotated[str, AfterValidator(source_url)]
OptionalURL = Annotated[str, AfterValidator(lambda url: source_url(url) if url else url)]


class Settings(BaseModel):
    """The settings of the environment, checked. Times in seconds."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    moulin_env: Literal["development", "production"] = "development"
    var_dir: Path = ROOT / "var"
    # A DSN holds a password, and settings are printed when something breaks.
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(default="", repr=False)
    redis_url: SecretStr | None = None

    b2b_api_url: SourceURL = "https://www.bolibanastock.com/api/v1"
    b2b_api_key: SecretStr | None = None
    b2b_api_hosts: str = ""
    b2b_auth_header: str = Field(
        default="Authorization: Bearer {key}", pattern=r"^[\w-]+: .*\{key\}"
    )
    b2b_categories_path: str = "b2c/categories/"
    b2b_products_path: str = "api/products/"
    template_base_url: OptionalURL = ""
    template_api_key: SecretStr | None = None
    inventory_encryption_key: SecretStr | None = None
    seal_personal_data: bool = True
    inventory_api_timeout: float = Field(default=30, gt=0, le=600)
    inventory_stock_mode: Literal["delta", "mirror"] = "delta"

    sync_interval_seconds: int = Field(default=7200, gt=0)
    sync_delete_brake_percent: float = Field(default=20, ge=0, le=100)
    sync_intervals: dict[str, Annotated[int, Field(gt=0)]] = {}
    sync_schedules: dict[str, str] = {}

    sales_wait_seconds: float = Field(default=10, ge=0, le=30)

    connectors_dir: Path = ROOT / "config"

    auto_sync_paths: Annotated[tuple[str, ...], BeforeValidator(_paths)] = ("/", "/api/inventory/")

    public_url: OptionalURL = ""
    trusted_proxy: Annotated[str, AfterValidator(_proxy)] = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = None
    flower_basic_auth: Annotated[SecretStr, AfterValidator(_users)] | None = None
    flower_port: int = Field(default=5555, ge=0, le=65535)
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/Paris"
    log_format: Literal["json", "console"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def production(self) -> bool:
        """Whether strangers can reach this; what is merely convenient is then refused."""
        return self.moulin_env == "production"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This process's settings, read once; ``ConfigurationError`` names all that is wrong."""
    written = _dotenv()
    for name in SECRETS:
        # Either spelling in the environment wins over either spelling in the file.
        if os.environ.get(name) or os.environ.get(f"{name}_FILE"):
            written.pop(name, None)
            written.pop(f"{name}_FILE", None)
    return load({**written, **os.environ})


def variable(name: str) -> str | None:
    """A variable that is no setting, from where settings come: ``NAME`` or the file that
    ``NAME_FILE`` names; None when it is not set or empty.
    """
    for given in (os.environ, _dotenv()):
        if value := given.get(name):
            return value
        if path := given.get(f"{name}_FILE"):
            return _read_secret(path)[0] or None
    return None


def reset() -> None:
    """Forget what was read; the next ``settings()`` reads the environment again."""
    settings.cache_clear()


def _needed(name: str, why: str) -> Sentence:
    text = f"{name}: needed when MOULIN_ENV=production: {why}."
    return Advised(text, "new encryption key") if name == "INVENTORY_ENCRYPTION_KEY" else text


def load(environment: Mapping[str, str | None]) -> Settings:
    """Settings from ``environment``; raises ``ConfigurationError`` with every problem."""
    values, wrong = _values(environment)
    problems: list[Sentence] = [*wrong]
    production = values.get("MOULIN_ENV") == "production"
    if production:
        problems += [
            _needed(name, why) for name, why in NEEDED_IN_PRODUCTION.items() if name not in values
        ]
    try:
        loaded = Settings(**{name.lower(): value for name, value in values.items()})
    except ValidationError as error:
        problems += [_sentence(item["loc"], item["msg"]) for item in error.errors()]
    if problems:
        raise ConfigurationError(*problems)
    if not loaded.database_url:
        url = f"sqlite:///{loaded.var_dir.absolute() / 'moulin.db'}"
        loaded = loaded.model_copy(update={"database_url": url})
    return loaded


def _values(environment: Mapping[str, str | None]) -> tuple[dict[str, object], list[str]]:
    known = {name.upper() for name in Settings.model_fields}
    values: dict[str, object] = {}
    problems: list[str] = []
    for name in SECRETS:
        path = environment.get(f"{name}_FILE")
        if path:
            value, problem = _read_secret(path)
            if value is not None:
                values[name] = value
            if problem:
                problems.append(f"{name}_FILE: {path} {problem}.")
    intervals = _of_each_sync(environment, "SYNC_INTERVAL_")
    intervals.pop("SECONDS", None)
    # An empty schedule means "never"; an empty interval means nothing.
    values["SYNC_INTERVALS"] = {sync: value for sync, value in intervals.items() if value}
    values["SYNC_SCHEDULES"] = _of_each_sync(environment, "SYNC_SCHEDULE_")
    for name in known - {"SYNC_INTERVALS", "SYNC_SCHEDULES"}:
        given = environment.get(name)
        if given or (given is not None and name.startswith(MEANT_WHEN_EMPTY)):
            values[name] = given
    return values, problems


def _read_secret(path: str) -> tuple[str | None, str]:
    """What is in the file, and what is wrong with it."""
    try:
        value = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        return None, f"cannot be read ({type(error).__name__})"
    return value, "" if value else "is empty; write the value into it"


def _of_each_sync(environment: Mapping[str, str | None], prefix: str) -> dict[str, str]:
    """Settings of single syncs, by what follows ``prefix``."""
    return {
        name.removeprefix(prefix): value for name, value in environment.items()
        if name.startswith(prefix) and value is not None
    }  # fmt: skip


def _sentence(where: tuple[int | str, ...], message: str) -> str:
    name = str(where[0]).upper()
    if name in {"SYNC_INTERVALS", "SYNC_SCHEDULES"} and len(where) > 1:
        name = f"{name[:-1]}_{where[1]}"
    return f"{name}: {message.removeprefix('Value error, ')}."


def _dotenv() -> dict[str, str | None]:
    path = os.environ.get("MOULIN_DOTENV", str(ROOT / ".env"))
    if not path:
        return {}
    # Notepad begins its files with a byte order mark, which would hide the first setting.
    return dict(dotenv_values(path, encoding="utf-8-sig"))
