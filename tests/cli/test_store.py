"""``check``: all that is wrong with the settings and the store, at once."""

import pytest

import core.settings


def test_a_setting_of_a_sync_there_is_not_is_told(cli, monkeypatch):
    monkeypatch.setenv("SYNC_INTERVAL_B2B_PRODUCT", "60")
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_CHEESE", "0 4 * * *")
    core.settings.reset()

    said = cli("check", exit=78).stdout

    assert "SYNC_INTERVAL_B2B_PRODUCT: there is no such sync" in said
    assert "SYNC_SCHEDULE_B2B_CHEESE: there is no such sync" in said
    assert "B2B_PRODUCTS" in said


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", "canary"), ("FLOWER_BASIC_AUTH", "canary")]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_secret_of_the_wrong_form_is_told_and_not_quoted(cli, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    core.settings.reset()

    said = cli("check", exit=78)

    assert f"{name}: " in said.stdout + said.stderr
    assert "canary" not in said.stdout + said.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_missing_encryption_key_is_told_with_the_command_that_makes_one(cli, monkeypatch):
    monkeypatch.setenv("MOULIN_ENV", "production")
    monkeypatch.delenv("INVENTORY_ENCRYPTION_KEY", raising=False)
    core.settings.reset()

    said = cli("check", exit=78).stderr

    assert (
        "INVENTORY_ENCRYPTION_KEY: needed when MOULIN_ENV=production: secrets are sealed with it; "
        "make one with 'python manage.py apikey new-encryption-key'."
    ) in said
