from __future__ import annotations

from pathlib import Path

import pytest

import core.settings
from core.errors import ConfigurationError
from core.settings import load, reset, settings

PRODUCTION = {
    "MOULIN_ENV": "production",
    "REDIS_URL": "redis://h/0",
    "INVENTORY_ENCRYPTION_KEY": "k",
    "SECRET_KEY": "s" * 32,
    "FLOWER_BASIC_AUTH": "u:p",
}


@pytest.fixture
def dotenv(monkeypatch, tmp_path):
    """Write the ``.env`` beside ``manage.py``, and read the settings again."""
    monkeypatch.setattr(core.settings, "ROOT", tmp_path)

    def write(text: str, encoding: str = "utf-8") -> None:
        (tmp_path / ".env").write_text(text, encoding)
        reset()

    return write


def problems(**environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        load(environment)
    return list(error.value.problems)


def test_nothing_needs_to_be_set():
    found = load({})

    assert found.b2b_api_url == "https://www.bolibanastock.com/api/v1"
    assert found.database_url == f"sqlite:///{found.var_dir.absolute() / 'moulin.db'}"
    assert (found.sync_interval_seconds, found.inventory_api_timeout) == (7200, 30)
    assert not found.production


def test_all_that_is_wrong_is_told_at_once():
    found = problems(
        B2B_API_URL="http://example.com",
        PORT="eighty",
        TIMEZONE="Europe/Pariss",
        DATABASE_URL="mysql://h/db",
        SYNC_INTERVAL_B2B_PRODUCTS="often",
        INVENTORY_API_TIMEOUT="nan",
        LOG_FORMAT="xml",
        TRUSTED_PROXY="localhost",
    )

    assert sorted(line.partition(":")[0] for line in found) == [
        "B2B_API_URL", "DATABASE_URL", "INVENTORY_API_TIMEOUT", "LOG_FORMAT", "PORT",
        "SYNC_INTERVAL_B2B_PRODUCTS", "TIMEZONE", "TRUSTED_PROXY",
    ]  # fmt: skip
    assert all(line.endswith(".") for line in found)


def test_no_problem_quotes_a_secret(tmp_path):
    shown = " ".join(
        problems(
            DATABASE_URL="mysql://u:canary@h/db",
            B2B_API_URL="https://u:canary@example.com",
            B2B_API_KEY_FILE=str(tmp_path / "missing"),
            PORT="x",
        )
    )

    assert "canary" not in shown
    for url in ("https://u:canary@h\N{ACCOUNT OF}", "https://[canary]"):
        assert "canary" not in " ".join(problems(B2B_API_URL=url, TEMPLATE_BASE_URL=url))
    settings_text = repr(
        load({"DATABASE_URL": "postgresql://u:canary@h/db", "SECRET_KEY": "canary" * 6})
    )
    assert "canary" not in settings_text


def test_a_secret_may_stand_in_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(" b2c_1_clé\n", "utf-8")

    key = load({"B2B_API_KEY_FILE": str(path)}).b2b_api_key

    assert key is not None
    assert key.get_secret_value() == "b2c_1_clé"


def test_a_secrets_file_that_says_nothing_is_a_problem(tmp_path):
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")

    found = problems(
        SECRET_KEY_FILE=str(empty),
        B2B_API_KEY_FILE=str(binary),
        REDIS_URL_FILE=str(tmp_path / "no"),
    )

    assert sorted(found) == [
        f"B2B_API_KEY_FILE: {binary} cannot be read (UnicodeDecodeError).",
        f"REDIS_URL_FILE: {tmp_path / 'no'} cannot be read (FileNotFoundError).",
        f"SECRET_KEY_FILE: {empty} is empty; write the value into it.",
    ]


def test_only_secrets_have_files(tmp_path):
    path = tmp_path / "port"
    path.write_text("9")

    assert load({"PORT_FILE": str(path)}).port == 8000


def test_the_environment_wins_over_dotenv(dotenv, monkeypatch):
    monkeypatch.setenv("PORT", "1111")
    dotenv("PORT=2222\nHOST=0.0.0.0\nB2B_API_KEY='with space # and hash'\n")

    found = settings()

    assert (found.port, found.host) == (1111, "0.0.0.0")  # noqa: S104 - read, not bound
    assert found.b2b_api_key is not None
    assert found.b2b_api_key.get_secret_value() == "with space # and hash"


def test_a_file_named_in_the_environment_wins_over_dotenv(dotenv, monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from the file")
    monkeypatch.setenv("B2B_API_KEY_FILE", str(tmp_path / "key"))
    dotenv("B2B_API_KEY=old\n")

    key = settings().b2b_api_key

    assert key is not None
    assert key.get_secret_value() == "from the file"


def test_a_dotenv_written_by_notepad_is_read_whole(dotenv):
    dotenv("PORT=2222\n", "utf-8-sig")

    assert settings().port == 2222


def test_settings_are_read_once_until_reset(monkeypatch):
    before = settings()
    monkeypatch.setenv("PORT", "1234")

    assert settings() is before
    reset()
    assert settings().port == 1234


def test_production_refuses_what_is_merely_convenient():
    found = problems(MOULIN_ENV="production")

    assert sorted(line.partition(":")[0] for line in found) == [
        "FLOWER_BASIC_AUTH", "INVENTORY_ENCRYPTION_KEY", "REDIS_URL", "SECRET_KEY",
    ]  # fmt: skip
    assert all("MOULIN_ENV=production" in line for line in found)
    assert load(PRODUCTION).production


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"MOULIN_ENV"}))
def test_an_empty_value_is_not_set(name, tmp_path):
    (line,) = problems(**PRODUCTION | {name: ""})
    assert line.startswith(f"{name}: needed")

    path = tmp_path / "empty"
    path.write_text("")
    (line,) = problems(**PRODUCTION | {name: "", f"{name}_FILE": str(path)})
    assert line.startswith(f"{name}_FILE: ")


def test_each_sync_may_have_its_own_interval_and_schedule():
    found = load(
        {
            "SYNC_INTERVAL_SECONDS": "60",
            "SYNC_INTERVAL_B2B_PRODUCTS": "300",
            "SYNC_INTERVAL_B2B_CATEGORIES": "",
            "SYNC_SCHEDULE_B2B_PRODUCTS": "5 */2 * * *",
            "SYNC_SCHEDULE_B2B_CATEGORIES": "",
        }
    )

    assert found.sync_interval_seconds == 60
    assert found.sync_intervals == {"B2B_PRODUCTS": 300}
    assert found.sync_schedules == {"B2B_PRODUCTS": "5 */2 * * *", "B2B_CATEGORIES": ""}


@pytest.mark.parametrize("name", ["SYNC_INTERVAL_SECONDS", "SYNC_INTERVAL_B2B_PRODUCTS"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "often"])
def test_an_interval_is_a_positive_number_of_seconds(name, value):
    (line,) = problems(**{name: value})

    assert line.startswith(f"{name}: ")


@pytest.mark.parametrize(
    "url", ["https://h/api/v1/", "http://127.0.0.1:8/", "http://localhost", "http://[::1]:8"]
)
def test_a_source_is_reached_safely(url):
    assert load({"B2B_API_URL": url}).b2b_api_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "http://127.0.0.1.example.com", "ftp://h", "example.com", "https://",
     "https://u:p@h", "https://[::1", "https://h/?key=1", "https://h/#x"],
)  # fmt: skip
def test_what_is_no_safe_address_is_refused(url):
    (line,) = problems(B2B_API_URL=url)

    assert line.startswith("B2B_API_URL: ")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgres://u@h/db", "postgresql+psycopg://u@h/db"),
        ("postgresql://u@h/db", "postgresql+psycopg://u@h/db"),
        ("postgresql+psycopg://u@h/db", "postgresql+psycopg://u@h/db"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_every_spelling_of_postgresql_gets_our_driver(given, kept):
    assert load({"DATABASE_URL": given}).database_url == kept


def test_the_database_stands_in_var_dir(tmp_path):
    found = load({"VAR_DIR": str(tmp_path / "here")})

    assert found.database_url == f"sqlite:///{tmp_path / 'here' / 'moulin.db'}"
    assert not Path(found.var_dir).exists()


def test_a_variable_that_is_no_setting_comes_from_where_settings_come(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("A=dotenv\nB=dotenv\n", "utf-8")
    (tmp_path / "secret").write_text("from a file\n", "utf-8")
    monkeypatch.setattr(core.settings, "ROOT", tmp_path)
    monkeypatch.setenv("A", "environment")
    monkeypatch.setenv("C_FILE", str(tmp_path / "secret"))

    found = [core.settings.variable(name) for name in ("A", "B", "C", "D")]

    assert found == ["environment", "dotenv", "from a file", None]
