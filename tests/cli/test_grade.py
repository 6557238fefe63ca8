"""``connectors grade``: vendors against their family's contract, at stand-ins and at an account."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import core.settings
from cli import grading
from cli.app import commands
from sandbox import square

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DUCK = '''
"""A vendor that has locations, and promotions that cannot be; and no transactions."""

from decimal import Decimal

from connectors.families import Location, PointOfSale, Promotion
from tests.contracts.pos.recorded import Recorded


class Duck(PointOfSale):
    vendor = "duck"
    base_url = "https://duck.example"

    def get_locations(self):
        known = self.http.get("locations").data
        return [Location(**each, active=True) for each in known]

    def get_promotions(self):
        return [Promotion(id="1", name="Too good", percentage=Decimal(200))]


class TestDuck(Recorded):
    connector = Duck
'''
PAGE = {
    "period": ["2026-11-20T00:00:00+00:00", "2026-11-21T00:00:00+00:00"],
    "answers": {
        "/locations": [{"id": "1", "name": "Pond", "timezone": "Europe/Paris", "currency": "EUR"}]
    },
}


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of contracts that no vendor has a module in yet."""
    monkeypatch.setattr(grading, "CONTRACTS", tmp_path)
    (tmp_path / "pos").mkdir()
    return tmp_path


@pytest.fixture
def duck(contracts) -> None:
    (contracts / "pos" / "test_duck.py").write_text(DUCK, "utf-8")
    (contracts / "pos" / "duck.json").write_text(json.dumps(PAGE), "utf-8")


def grade(*words: str, exit: int) -> Result:  # noqa: A002 - it is the shell's word
    done = CliRunner().invoke(commands, ["connectors", "grade", *words])
    assert done.exit_code == exit, (done.stdout, done.stderr)
    return done


@pytest.mark.processes
def test_a_check_is_kept_or_not_or_not_offered_or_not_tried(duck, contracts):
    (contracts / "pos" / "test_goose.py").write_text("import goose\n", "utf-8")

    done = grade(exit=1)

    cells = [re.split(r" {2,}", line.strip()) for line in done.stdout.splitlines()]
    assert cells[0] == ["pos", "duck", "goose"]
    table = {row[0]: tuple(row[1:]) for row in cells[1:]}
    assert table["what it lacks is refused and not sent"] == ("yes", "–")
    assert table["a limit is obeyed and says when"] == ("yes", "–")
    assert table["threads may share one"] == ("not offered", "–")
    assert table["an order of five hundred lines"] == ("–", "–")
    assert table["a promotion takes off a part or an amount"] == ("NO", "–")
    assert table["its module is read"] == ("–", "NO")
    assert "duck: a promotion takes off a part or an amount: AssertionError: " in done.stderr
    assert "goose: its module is read: ModuleNotFoundError: No module named 'goose'" in done.stderr


def test_of_several_tests_of_one_check_the_worst_counts():
    who = {"family": "pos", "vendor": "duck"}
    steps = [
        {**who, "checks": ["a", "b"], "tests": 3},
        *({**who, "check": "a", "outcome": it} for it in ("passed", "failed", "passed")),
    ]
    drawn: list[tuple[int, int]] = []

    (mine,) = grading.read(map(json.dumps, steps), lambda *counts: drawn.append(counts))

    assert [(it.check, it.outcome) for it in mine.checks] == [("a", "failed"), ("b", "not tried")]
    assert not mine.passes
    assert drawn == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.processes
@SQLITE
def test_an_account_is_graded_by_reads_alone(store, monkeypatch, tmp_path):
    monkeypatch.delenv("CI", raising=False)
    for name, value in {
        "CONNECTORS_DIR": str(tmp_path),
        "SQUARE_TOKEN": square.DEMO_TOKEN,
        "MOULIN_DOTENV": "",
    }.items():
        monkeypatch.setenv(name, value)
    core.settings.reset()
    with square.serve(sales=30) as source:
        lines = (
            "mine:",
            "  vendor: square",
            f"  api: {{base_url: '{source.url}'}}",
            "  auth: {method: bearer, token: '${SQUARE_TOKEN}'}",
        )
        (tmp_path / "pos.yaml").write_text("\n".join(lines), "utf-8")
        (mine,) = json.loads(grade("--live", "mine", "--json", exit=0).stdout)["vendors"]

    assert (mine["vendor"], mine["passes"]) == ("mine", True)
    assert {each["outcome"] for each in mine["checks"]} == {"passed"}
    assert {(it.method, it.path) for it in source.log if it.method != "GET"} == {
        ("POST", "/v2/orders/search"),
        ("POST", "/v2/catalog/search"),
    }
    assert not source.catalogue.upserts


@pytest.mark.parametrize(
    ("words", "exit", "said"),
    [
        (("goose",), 1, "There is no vendor 'goose'; there are: square"),
        (("--live",), 2, "give the NAME of a connector of yours"),
        (("--live", "goose"), 1, "There is no connector named 'goose'"),
    ],
)
def test_what_cannot_be_graded_is_said(words, exit, said, monkeypatch):  # noqa: A002 - as above
    monkeypatch.delenv("CI", raising=False)

    assert said in grade(*words, exit=exit).stderr


def test_ci_looks_at_nobodys_account(monkeypatch):
    monkeypatch.setenv("CI", "true")

    assert "nobody's account is for CI to look at" in grade("--live", "mine", exit=1).stderr


def test_where_no_tests_are_one_sentence_says_so(contracts):
    (contracts / "pos").rmdir()
    contracts.rmdir()

    done = CliRunner().invoke(commands, ["connectors", "grade"])

    assert done.exit_code == 78
    assert "grade in a checkout, after 'make .venv/.dev'" in done.stderr
