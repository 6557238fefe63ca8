"""The guide to a new connector, followed to the letter in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from db.models import PosItem, PosTransaction
from db.session import reading
from sandbox.server import running
from tests.contracts.recording import Recording

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "how-to" / "add-a-connector.md").read_text("utf-8")
FILES = dict(
    re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
)
COMMANDS = re.findall(r"^    (.+)$", GUIDE.partition("## Try it")[2], re.MULTILINE)
PACKAGES = ("cli", "connectors", "core", "db", "sandbox", "syncs", "tasks", "tests/contracts")
ADDRESS = "https://api.tally.example"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with the guide's files in it, and no others."""
    copy = tmp_path / "project"
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    for file in ("manage.py", "celeryconfig.py", "pyproject.toml"):
        shutil.copy(ROOT / file, copy)
    for name, text in FILES.items():
        assert not (copy / name).exists()
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(text, "utf-8")
    return copy


@pytest.fixture
def tally(project: Path) -> Iterator[Recording]:
    """The recorded page, served; the vendor's own address is not for tests."""
    page = json.loads((project / "tests/contracts/pos/tally.json").read_text("utf-8"))
    source = Recording(page["answers"])
    with running(source, host="127.0.0.1", port=0) as server:
        module = project / "connectors" / "pos" / "tally.py"
        text = module.read_text("utf-8")
        assert ADDRESS in text
        module.write_text(text.replace(ADDRESS, server.url), "utf-8")
        yield source


def run(project: Path, *lines: str) -> str:
    """What the commands print, typed into one shell there."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines)],
        cwd=project,
        env={**os.environ, "PATH": path, "MOULIN_DOTENV": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def test_a_vendor_is_four_files_and_under_eighty_lines():
    assert len(FILES) == 4
    assert sum(len(text.splitlines()) for text in FILES.values()) < 80


@pytest.mark.processes
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_guide_leads_to_a_vendor_that_is_synced(project, tally, store):
    printed = run(project, "ruff check --quiet .", "ruff format --check --quiet .", *COMMANDS)

    assert re.search(r"^threads may share one +yes", printed, re.MULTILINE)
    assert re.search(r"^one transaction is as in the walk +not offered", printed, re.MULTILINE)
    assert re.search(r"^tally +pos +tally", printed, re.MULTILINE)
    assert [entry.path for entry in tally.log] == ["/tickets"]
    with reading() as session:
        (sale,) = session.scalars(select(PosTransaction))
        (item,) = session.scalars(select(PosItem))
    assert (sale.source, sale.external_id, str(sale.total)) == ("tally", "T1", "24.0000")
    assert (item.name, str(item.quantity)) == ("Quiche", "2.00000")
