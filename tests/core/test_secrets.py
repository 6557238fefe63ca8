"""Secrets with a form: one that is not theirs is told before anything starts."""

import pytest

from core.errors import ConfigurationError
from core.settings import load


def test_a_short_secret_key_is_refused_without_being_quoted():
    with pytest.raises(ConfigurationError) as error:
        load({"SECRET_KEY": "canary"})

    assert error.value.problems == ("SECRET_KEY: too short; give 32 random characters or more.",)


@pytest.mark.parametrize("given", ["canary", "canary:", ":canary", "a:b,canary", "a:b,"])
def test_flower_s_users_without_a_password_are_refused(given):
    with pytest.raises(ConfigurationError) as error:
        load({"FLOWER_BASIC_AUTH": given})

    [problem] = error.value.problems
    assert problem.startswith("FLOWER_BASIC_AUTH: give it as user:password")
    assert "canary" not in problem


def test_secrets_of_the_right_form_are_taken():
    found = load({"SECRET_KEY": "x" * 32, "FLOWER_BASIC_AUTH": "awa:pa:ss,moussa:p"})

    assert found.flower_basic_auth is not None
    assert found.flower_basic_auth.get_secret_value() == "awa:pa:ss,moussa:p"
