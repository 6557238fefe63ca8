"""The sections of a connector's configuration, each a frozen model."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from core.settings import SourceURL, source_url

Method = Literal["api_key", "bearer", "basic", "oauth2", "oauth2_client_credentials"]
NEEDED: dict[Method, frozenset[str]] = {
    "api_key": frozenset({"header", "token"}),
    "bearer": frozenset({"token"}),
    "basic": frozenset({"username", "password"}),
    "oauth2": frozenset({"client_id", "client_secret"}),
    "oauth2_client_credentials": frozenset({"client_id", "client_secret"}),
}
FOR_OAUTH = frozenset(
    {"redirect_uri", "scopes", "pkce", "token_store", "token_path", "authorize_url", "token_url"}
)


def _no_bool(value: object) -> object:
    # Pydantic would take true for 1.
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic reads ValueError
    return value


def _scopes(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _to_the_letter(url: str) -> str:
    # Vendors compare addresses: a slash at the end is another one.
    source_url(url)
    return url


ExactURL = Annotated[str, AfterValidator(_to_the_letter)]
Whole = Annotated[int, BeforeValidator(_no_bool)]
Seconds = Annotated[float, BeforeValidator(_no_bool), Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=10_000)]


class Section(BaseModel):
    """A part of a file; a number may be written where a text is meant (``customer_number``)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, coerce_numbers_to_str=True
    )


class Api(Section):
    """Where the vendor's API is, and which; the vendor's own when absent."""

    base_url: SourceURL | None = None
    version: Text | None = None
    product: Text | None = None


class Auth(Section):
    """How the vendor knows us."""

    method: Method
    header: Header | None = None
    token: Secret | None = None
    username: Secret | None = None
    password: Secret | None = None
    client_id: Text | None = None
    client_secret: Secret | None = None
    pkce: bool = False
    redirect_uri: ExactURL | None = None
    scopes: Annotated[tuple[Text, ...], BeforeValidator(_scopes)] = ()
    authorize_url: ExactURL | None = None
    token_url: ExactURL | None = None
    token_store: Literal["database", "file"] | None = None
    token_path: Text | None = None

    @property
    def needed(self) -> frozenset[str]:
        """What the method needs."""
        needed = set(NEEDED[self.method])
        if self.pkce:
            needed.discard("client_secret")
        if self.token_store == "file":  # noqa: S105 - where tokens are kept
            needed.add("token_path")
        return frozenset(needed)

    @property
    def allowed(self) -> frozenset[str]:
        """What the method reads."""
        is_oauth = self.method.startswith("oauth2")
        return self.needed | {"method"} | (FOR_OAUTH if is_oauth else frozenset())


class Connection(Section):
    """Seconds a silence may last, tries, and kept connections."""

    timeout: Seconds = Field(default=30.0, gt=0, le=600)
    max_retries: Whole = Field(default=2, ge=0, le=10)
    retry_delay: Seconds = Field(default=1.0, ge=0, le=60)
    pool_connections: Whole = Field(default=10, ge=1, le=100)
    pool_maxsize: Whole = Field(default=10, ge=1, le=100)


class RateLimit(Section):
    """How often the vendor may be asked, by all processes together.

    ``throttle_on_limit``: wait for a place; else ``RateLimitError``.
    """

    max_requests_per_second: Whole | None = Field(default=None, ge=1, le=10_000)
    max_requests_per_minute: Whole | None = Field(default=None, ge=1, le=100_000)
    throttle_on_limit: bool = True


class Cache(Section):
    """Seconds that an answer may be used again."""

    ttl: Seconds = Field(default=0.0, ge=0, le=86_400)


class Logging(Section):
    """Read so that files which have it can be read; the logs are set up for all of Moulin."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = None
    format: Text | None = None


class Sync(Section):
    """From when on, and how much of what is known is asked for again."""

    since: date | None = None
    overlap_seconds: Whole = Field(default=300, ge=0, le=7 * 86_400)


class Webhook(Section):
    """``url`` as it was given to the vendor, who signs with ``signature_key``; without one it is
    below ``PUBLIC_URL``.
    """

    url: ExactURL | None = None
    signature_key: Secret


class Orders(Section):
    """``approval``: each waits for a person."""

    approval: bool = False


class Gln(Section):
    """The numbers of the parties in EDI messages (13 digits)."""

    buyer: Text | None = None
    seller: Text | None = None
    delivery: Text | None = None
