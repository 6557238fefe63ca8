"""What the guide and the reference print in Python runs as it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import square

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page: str, language: str = "python") -> list[str]:
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """The guide's own file, for a sandbox that sells until now."""
    with square.serve(sales=30) as source:
        mapping, _ = blocks("how-to/use-square-from-python.md", "yaml")
        api = f'api: {{base_url: "{source.url}"}}\n'
        (tmp_path / "square.yaml").write_text(api + mapping, "utf-8")
        monkeypatch.setenv("SQUARE_TOKEN", square.DEMO_TOKEN)
        monkeypatch.chdir(tmp_path)
        yield source


def test_the_guide_runs_as_it_is(configured, capsys):
    synchronous, awaited = blocks("how-to/use-square-from-python.md")

    exec(synchronous, {})  # noqa: S102 - our own page
    exec(awaited, {})  # noqa: S102 - our own page

    printed = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("Transaction #") for line in printed) == 30
    assert printed[-2:] == ["updated", "30"]


def test_the_reference_of_the_stand_in_runs_as_it_is():
    (script,) = [it for it in blocks("reference/sandbox.md") if "square.serve" in it]
    run: dict[str, object] = {}

    exec(script, run)  # noqa: S102 - our own page

    source = run["source"]
    assert isinstance(source, square.Square)
    assert set(source.orders) == {"T1", "R1"}
    assert source.clock() == datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(minutes=6)
