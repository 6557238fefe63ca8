from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import core.settings
from core import crypto
from core.errors import ConfigurationError, FatalError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def use(monkeypatch):
    """Make these the keys, newest first."""

    def set_keys(*keys: str) -> None:
        monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", ",".join(keys))
        core.settings.reset()

    return set_keys


@pytest.fixture
def var(monkeypatch, tmp_path):
    """A ``VAR_DIR`` that does not exist yet, and no key in the settings."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("INVENTORY_ENCRYPTION_KEY", raising=False)
    core.settings.reset()
    return tmp_path / "var"


@pytest.mark.parametrize(
    "secret", ["b2c_1_clé", "", "{key},:", "half \ud800 a character", "x" * 10**6], ids=range(5)
)
def test_what_was_sealed_comes_out_as_it_went_in(use, secret):
    use(crypto.new_key())

    sealed = crypto.seal(secret)

    assert crypto.unseal(sealed) == secret
    assert sealed != crypto.seal(secret)


def test_a_sealed_value_names_its_key_and_hides_its_text(use):
    key = crypto.new_key()
    use(key)

    kid, _, token = crypto.seal("hunter2").partition(":")

    assert (kid,) == crypto.key_ids() == (crypto.digest(key)[:8],)
    assert token.startswith("gAAAA")
    assert "hunter2" not in token


def test_after_a_rotation_the_old_is_read_and_the_new_is_written(use):
    old, new = crypto.new_key(), crypto.new_key()
    use(old)
    before = crypto.seal("secret")
    use(new, old)

    after = crypto.reseal(before)

    assert crypto.unseal(before) == "secret"
    assert after is not None
    assert after.partition(":")[0] == crypto.key_ids()[0]
    assert crypto.reseal(after) is None
    use(new)
    assert crypto.unseal(after) == "secret"


def test_a_key_removed_too_early_is_named_with_what_to_do(use):
    use(crypto.new_key())
    sealed = crypto.seal("secret")
    missing = crypto.key_ids()[0]
    use(crypto.new_key())

    for read in (crypto.unseal, crypto.reseal):
        with pytest.raises(ConfigurationError) as error:
            read(sealed)
        assert str(error.value) == (
            f"sealed with key {missing}, which INVENTORY_ENCRYPTION_KEY does not hold; "
            "add it behind the newest, separated by a comma."
        )


@pytest.mark.parametrize("bad", ["hunter2", "Zm9v", "é" * 44, "A" * 42, f"!{'A' * 43}="])
def test_a_malformed_key_is_named_and_never_shown(use, bad):
    use(crypto.new_key(), bad)

    with pytest.raises(ConfigurationError) as error:
        crypto.seal("secret")

    assert "INVENTORY_ENCRYPTION_KEY: key 2 is no Fernet key" in str(error.value)
    assert bad not in str(error.value)
    assert error.value.__cause__ is None


def test_only_commas_hold_no_key(use):
    use("", " ", "")

    with pytest.raises(ConfigurationError, match="holds no key"):
        crypto.key_ids()


def test_an_altered_value_is_refused(use):
    use(crypto.new_key())
    sealed = crypto.seal("secret")
    flipped = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]

    for altered in (flipped, sealed[:-8], sealed.partition(":")[2], "", "secret", sealed + "\n"):
        with pytest.raises(FatalError) as error:
            crypto.unseal(altered)
        assert error.value.code == "ALTERED"


def test_development_makes_a_key_of_its_own_once(var):
    sealed = crypto.seal("secret")
    core.settings.reset()

    assert crypto.unseal(sealed) == "secret"
    assert [path.name for path in var.iterdir()] == ["encryption.key"]
    assert stat.S_IMODE(var.stat().st_mode) == 0o700
    assert stat.S_IMODE((var / "encryption.key").stat().st_mode) == 0o600


def test_a_key_that_others_may_read_is_refused(var):
    crypto.seal("secret")
    (var / "encryption.key").chmod(0o644)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        crypto.seal("secret")


def test_a_place_that_cannot_hold_the_key_is_named(var):
    var.write_text("a file, no directory")

    with pytest.raises(ConfigurationError, match="INVENTORY_ENCRYPTION_KEY"):
        crypto.seal("secret")


def test_the_settings_are_read_again_after_a_reset(use, var):
    crypto.seal("secret")
    own = crypto.key_ids()
    use(crypto.new_key())

    assert crypto.key_ids() != own


@pytest.mark.processes
def test_processes_that_start_at_once_agree_on_one_key(var):
    environment = os.environ | {"VAR_DIR": str(var)}
    program = "import sys; sys.stdin.read(1); from core import crypto; print(crypto.seal('secret'))"
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    sealed = [process.communicate(timeout=60)[0].strip() for process in starting]

    assert [crypto.unseal(one) for one in sealed] == ["secret"] * 6
    assert [path.name for path in var.iterdir()] == ["encryption.key"]


def test_a_lost_race_takes_the_winners_key(var, monkeypatch):
    winner = crypto.new_key()

    def link(source: Path, target: Path) -> None:
        Path(target).write_text(winner)
        Path(target).chmod(0o600)
        raise FileExistsError

    monkeypatch.setattr(os, "link", link)

    assert crypto.key_ids() == (crypto.digest(winner)[:8],)


def test_secrets_are_compared_whole():
    assert crypto.same("clé", "clé")
    assert not crypto.same("clé", "cle")
    assert crypto.digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
