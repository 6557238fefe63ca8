"""What the README's two commands install, into an empty environment: by an old pip, by the newest.

Nothing is unpacked (``--dry-run``), but everything is resolved, fetched and held against its hash.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Debian 12 and its images come with this one.
DEBIAN = (
    "pip==23.0.1 --hash=sha256:236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f"
)
NEWEST = "pip"
COMMANDS = {"demo": ".embedded", "test": ".dev"}
ONLY_RESOLVE = "-m pip install --dry-run --ignore-installed --quiet --no-input --require-hashes"
PINNED = re.search(r"^pip==(\S+)", (ROOT / "requirements-pip.txt").read_text("utf-8"), re.MULTILINE)


def run(*command: str | Path, **environment: str) -> str:
    """What a command prints; a failure with its last words if it fails."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}", pytrace=False)
    return done.stdout


@pytest.fixture(params=[DEBIAN, NEWEST], ids=["debian's pip", "newest pip"])
def venv(request, tmp_path):
    """An environment with nothing in it but that pip, which a package index must give."""
    wanted = tmp_path / "pip.txt"
    wanted.write_text(request.param, "utf-8")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    install = ("-m", "pip", "install", "--quiet", "--no-input", "--upgrade", "-r", wanted)
    run(sys.executable, *install, PIP_PYTHON=str(tmp_path / "venv"))
    return tmp_path / "venv"


def version(venv: Path) -> str:
    return run(venv / "bin" / "python", "-m", "pip", "--version").split()[1]


# Half a minute of an old pip's work, more on a busy machine that has fetched nothing yet.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_pip_can_install_what_a_command_needs(venv, command):
    """Also without make, as on a host where only the list is read: nobody upgrades pip there."""
    pip = f"PIP={venv}/bin/python {ONLY_RESOLVE}"

    run("make", f"VENV={venv}", pip, f"{venv}/{COMMANDS[command]}")


def test_every_pip_gives_way_to_ours(venv):
    run("make", f"VENV={venv}", f"{venv}/.pip")

    assert PINNED
    assert version(venv) == PINNED[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_ours_is_there_before_anything_else_is_installed(tmp_path, command):
    plan = run("make", "--dry-run", f"VENV={tmp_path}", f"{tmp_path}/{COMMANDS[command]}")

    first, *others = re.findall(r"-r (requirements\S*\.txt)", plan)
    assert first == "requirements-pip.txt"
    assert others
