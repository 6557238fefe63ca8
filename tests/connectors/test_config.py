"""A connector's configuration: what is read, and each problem at its path, all at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.config import load, parse
from connectors.folder import read_folder
from core.errors import ConfigurationError

WRITTEN = (
    "square.auth.password: is written out; a secret belongs into the environment, and here stands "
    "its name, like ${SQUARE_PASSWORD}."
)
BEARER = {"auth": {"method": "bearer", "token": "t0ken"}}
# As the people who asked for the connectors wrote it, with the secret where it belongs.
FLAT = """
# Configuration pour Lightspeed POS
api:
  base_url: "https://api.lightspeedapp.com/api/"
  version: "v1"

auth:
  method: "oauth2"
  client_id: "YOUR_CLIENT_ID"
  client_secret: "YOUR_CLIENT_SECRET"
  redirect_uri: "https://levieuxmoulin.fr/oauth/callback"
  scopes: ["employee:inventory", "employee:sales"]
  token_store: "file"
  token_path: "/path/to/tokens/lightspeed_token.json"

connection:
  timeout: 30  # secondes
  max_retries: 3
  retry_delay: 2  # secondes
  pool_connections: 10
  pool_maxsize: 10

rate_limit:
  max_requests_per_minute: 60
  throttle_on_limit: true

logging:
  level: "INFO"  # DEBUG, INFO, WARNING, ERROR, CRITICAL
  format: "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
"""
POS = """
square:
  auth:
    method: bearer
    token: ${SQUARE_TOKEN}
  locations: [L1, 0123, NO, 2025-01-01, 12:30]
  shops: {L1: 7}
  sync: {since: 2025-01-31, overlap_seconds: 60}
  webhook:
    url: https://levieuxmoulin.example/webhooks/square/
    signature_key: ${SQUARE_SIGNATURE}
  capabilities: {push_promotion: false}
second:
  vendor: square
  auth: {method: oauth2, pkce: true, client_id: app, scopes: ORDERS_READ ITEMS_READ}
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("SQUARE_TOKEN", "t0ken")
    monkeypatch.setenv("SQUARE_SIGNATURE", "s1gn")
    monkeypatch.setenv("SECOND_TOKEN", "other")


@pytest.fixture
def folder(tmp_path):
    place: Path = tmp_path

    def write(**files: str) -> Path:
        for name, text in files.items():
            (place / f"{name}.yaml").write_text(text, "utf-8")
        return place

    return write


def problems(read, *arguments, **options) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        read(*arguments, **options)
    return list(error.value.problems)


def of(mapping: dict[str, object]) -> list[str]:
    return problems(parse, {**BEARER, **mapping}, path=("square",))


def test_a_flat_file_is_read_and_its_secret_comes_from_the_environment(folder, monkeypatch):
    monkeypatch.setenv("LIGHTSPEED_SECRET", "s3cret")
    path = folder(flat=FLAT.replace("YOUR_CLIENT_SECRET", "${LIGHTSPEED_SECRET}")) / "flat.yaml"

    config = load(path)

    assert (config.api.base_url, config.api.version) == ("https://api.lightspeedapp.com/api", "v1")
    assert config.auth.client_secret is not None
    assert config.auth.client_secret.get_secret_value() == "s3cret"
    assert config.auth.scopes == ("employee:inventory", "employee:sales")
    assert (config.connection.max_retries, config.connection.retry_delay) == (3, 2.0)
    assert config.rate_limit.max_requests_per_minute == 60
    assert set(config.idle) == {"logging.level", "logging.format"}
    assert "s3cret" not in repr(config)


def test_a_secret_that_is_written_out_is_a_problem_and_is_not_repeated(folder):
    (problem,) = problems(load, folder(flat=FLAT) / "flat.yaml")

    assert problem.startswith("auth.client_secret: is written out")
    assert "YOUR_CLIENT_SECRET" not in problem


def test_a_program_may_hand_over_a_secret():
    token = parse(BEARER).auth.token

    assert token is not None
    assert token.get_secret_value() == "t0ken"


def test_a_familys_file_has_a_connector_for_each_name(folder):
    found = read_folder(folder(pos=POS)).connectors

    square, second = found.values()
    assert (square.name, square.family, square.vendor) == ("square", "pos", "square")
    assert (second.name, second.family, second.vendor) == ("second", "pos", "square")
    assert square.config.locations == ("L1", "0123", "NO", "2025-01-01", "12:30")
    assert square.config.sync.since == date(2025, 1, 31)
    assert square.config.shops == {"L1": 7}
    assert second.config.auth.scopes == ("ORDERS_READ", "ITEMS_READ")
    assert read_folder(folder().parent).connectors == {}


def test_a_flat_file_of_a_family_is_called_as_its_vendor(folder):
    flat = FLAT.replace("YOUR_CLIENT_SECRET", "${SQUARE_TOKEN}")

    assert list(read_folder(folder(pos=f"vendor: lightspeed\n{flat}")).connectors) == ["lightspeed"]
    assert read_folder(folder(pos=flat)).problems == [
        "vendor: is missing; a file with one connector says which vendor's it is."
    ]


def test_a_file_that_nobody_would_read_is_a_problem(tmp_path):
    (tmp_path / "pos.yml").write_text(POS, "utf-8")
    (tmp_path / "pos.example.yaml").write_text("not: read", "utf-8")

    assert read_folder(tmp_path).problems == [
        f"{tmp_path / 'pos.yml'}: is not read; call it pos.yaml."
    ]


def test_every_problem_is_named_at_once(folder):
    pos = """
square:
  api: {base_ulr: "https://x.example"}
  auth: {method: bearer, token: "${UNSET}", password: hunter2}
  connection: {timeout: true, max_retries: 99}
  stock: perhaps
  shops: {L1: Paris}
  webhook: {url: "http://x.example"}
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:
  auth: {method: basic}
Second: [1]
"""
    crm = "square:\n  auth: {method: bearer, token: '${SECOND_TOKEN}'}\n"
    suppliers = "metro:\n\tauth: 1\n"

    found = read_folder(folder(pos=pos, crm=crm, suppliers=suppliers)).problems

    broken = folder() / "suppliers.yaml"
    name = "a" * 33
    assert sorted(found) == sorted(
        [
            f"{broken}: line 2: a tab; YAML is indented with spaces.",
            "square.api.base_ulr: is not known; perhaps 'base_url' is meant.",
            "square.auth.token: UNSET is not set in the environment.",
            WRITTEN,
            "square.auth.password: is not read: the method bearer has none; remove it.",
            "square.connection.timeout: must be a number.",
            "square.connection.max_retries: must be less than or equal to 10.",
            "square.stock: must be true or false.",
            "square.shops.L1: must be a whole number.",
            "square.webhook.signature_key: is missing.",
            "square.webhook.url: only https:// is allowed (http:// for this machine alone).",
            f"{name}: a name is 1 to 32 small letters, digits and '_', and begins with a letter.",
            f"{name}.auth.password: is missing; the method basic needs it.",
            f"{name}.auth.username: is missing; the method basic needs it.",
            "Second: a name is 1 to 32 small letters, digits and '_', and begins with a letter.",
            "Second: must be a mapping (key: value).",
            "square: is in pos.yaml too; a name is one connector's.",
        ]
    )
    assert "hunter2" not in "".join(found)


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"auth": None}, "square.auth: must be a mapping (key: value)."),
        ({"auth": {}}, "square.auth.method: is missing."),
        (
            {"auth": {"method": "oauth2", "client_id": "a", "pkce": True, "client_secret": "b"}},
            "square.auth.client_secret: is not read: with pkce there is none; remove it.",
        ),
        (
            {"auth": {"method": "oauth2", "client_id": "a"}},
            "square.auth.client_secret: is missing; the method oauth2 needs it.",
        ),
        (
            {"auth": {"method": "oauth2", "client_id": "a", "pkce": True, "token_store": "file"}},
            "square.auth.token_path: is missing; the method oauth2 needs it.",
        ),
        (
            {"auth": {"method": "api_key", "token": "a"}},
            "square.auth.header: is missing; the method api_key needs it.",
        ),
        (
            {"rate_limit": {"max_requests_per_second": 0}},
            "square.rate_limit.max_requests_per_second: must be greater than or equal to 1.",
        ),
        ({"connection": {"timeout": ".inf"}}, "square.connection.timeout: must be a number."),
        ({"connection": [1]}, "square.connection: must be a mapping (key: value)."),
        ({"locations": "L1"}, "square.locations: must be a list."),
        ({"locations": []}, "square.locations: names none; leave it out for all of them."),
        ({"sync": {"since": "31.1.2025"}}, "square.sync.since: must be a day, as in 2025-01-31."),
        (
            {"sync": {"overlapseconds": 3}},
            "square.sync.overlapseconds: is not known; perhaps 'overlap_seconds' is meant.",
        ),
        (
            {"api": {"base_url": "http://x.example"}},
            "square.api.base_url: only https:// is allowed (http:// for this machine alone).",
        ),
    ],
)  # fmt: skip
def test_a_problem_says_what_to_do(mapping, problem):
    assert of(mapping) == [problem]


def test_what_is_no_mapping_is_said_to_be_none():
    assert problems(parse, [1]) == ["the configuration: must be a mapping (key: value)."]


def test_two_connectors_of_one_account_are_one_too_many(folder):
    auth = "{method: bearer, token: '${SQUARE_TOKEN}'}"
    two = f"a: {{vendor: metro, auth: {auth}}}\nb: {{vendor: metro, auth: {auth}}}\n"

    assert read_folder(folder(pos=two)).problems == [
        "b.auth: is the account of a too; keep one of them."
    ]
    other = f"a: {{vendor: metro, auth: {auth}, customer_number: 2}}\nb: {{auth: {auth}}}\n"
    assert set(
        read_folder(folder(pos=two.replace("vendor: metro", "vendor: x", 1))).connectors
    ) == {"a", "b"}
    assert set(read_folder(folder(pos=other)).connectors) == {"a", "b"}


def test_what_the_vendor_documents_holds_where_nothing_is_written():
    def limits(**written: int) -> tuple[int | None, int | None]:
        config = parse({**BEARER, "rate_limit": written})
        limit = config.with_defaults(base_url="https://v.example", per_second=5).rate_limit
        return limit.max_requests_per_second, limit.max_requests_per_minute

    api = parse({**BEARER, "api": {"version": "v2"}})
    chosen = api.with_defaults(base_url="https://v.example", version="v1").api

    assert limits() == (5, None)
    assert limits(max_requests_per_minute=60) == (None, 60)
    assert (chosen.base_url, chosen.version) == ("https://v.example", "v2")
