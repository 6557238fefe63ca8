"""Where the browser comes from: found, installed, or asked for in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import chromium

ROOT = Path(__file__).resolve().parents[1]
APT = """#!/bin/sh
echo "$@" >>"$0.log"
case "$*" in
*install*) printf '#!/bin/sh' >"${0%/*}/chromium"; /bin/chmod 755 "${0%/*}/chromium" ;;
esac
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Its programs stand in one directory, and there are none."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setattr(chromium, "PLACES", ())
    return programs


def put(programs, name, text="#!/bin/sh\n"):
    path = programs / name
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_browser_on_the_path_is_found_and_a_named_one_goes_before(machine, monkeypatch):
    assert chromium.find() is None
    found = put(machine, "google-chrome")
    assert chromium.find() == found
    own = put(machine, "my-own")
    monkeypatch.setenv(chromium.VARIABLE, own)
    assert chromium.find() == own
    monkeypatch.setenv(chromium.VARIABLE, f"{own}-not")
    assert chromium.find() is None


def test_root_with_apt_get_gets_debians(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    apt = Path(put(machine, "apt-get", APT))

    assert chromium.install()
    assert chromium.find() == str(machine / "chromium")
    asked = apt.with_name("apt-get.log").read_text("utf-8").splitlines()
    assert [line.split("-y ")[1] for line in asked] == [
        "update",
        "install --no-install-recommends chromium",
    ]


@pytest.mark.parametrize("user", [0, 1000])
def test_nobody_else_is_kept_from_the_other_tests(machine, monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    if user:
        put(machine, "apt-get", "#!/bin/sh\nexit 100\n")

    assert not chromium.install()


def test_the_script_says_what_to_do(machine):
    done = subprocess.run(
        [sys.executable, "-m", "tests.chromium"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert chromium.VARIABLE in done.stderr
    assert "apt-get install chromium" in done.stderr
