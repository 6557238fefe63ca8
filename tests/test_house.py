"""The house itself: commands, settings, the traces of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from core.settings import Settings
from tests import conftest

ROOT = Path(__file__).resolve().parent.parent
# One variable a sync, so that the field's own name is no variable.
FAMILIES = {"SYNC_INTERVALS": "SYNC_INTERVAL_", "SYNC_SCHEDULES": "SYNC_SCHEDULE_"}


def tracked() -> list[Path]:
    """The files of the repository, new ones included, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_make_alone_prints_its_commands():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    for command in ("demo", "run", "test", "quick", "check", "bench", "faults", "lock", "clean"):
        assert f"make {command} " in done.stdout


def test_make_says_which_python_it_needs(tmp_path):
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.1 || exit 1\n', "utf-8")
    old.chmod(0o700)

    done = subprocess.run(
        ["make", f"PYTHON={old}", f"VENV={tmp_path}/venv", "run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.8.1" in done.stderr


def test_every_setting_is_in_the_example():
    example = (ROOT / ".env.example").read_text("utf-8")

    for name in map(str.upper, Settings.model_fields):
        assert re.search(rf"^#?{FAMILIES.get(name, f'{name}=')}", example, re.MULTILINE), name


def test_the_example_sets_nothing_and_names_nothing_unknown():
    known = {name.upper() for name in Settings.model_fields}
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines():
        assert not line or line.startswith("#"), line
        if variable := re.match(r"#([A-Z0-9_]+)=", line):
            name = variable[1]
            assert name in known or name.startswith(tuple(FAMILIES.values())), name


def test_syncs_take_only_schedules_from_celery():
    for path in (ROOT / "syncs").rglob("*.py"):
        for module in imported(path):
            allowed = {"celery.schedules", "celery.utils.time"}
            assert module in allowed or not module.startswith("celery"), path


def test_every_opt_out_of_a_check_says_why():
    bare = re.compile(
        r"#\s*(noqa(?!:)|noqa:([\s,]*[A-Z]+\d+)+\s*$|type:\s*ignore(\[[^\]]*\])?\s*$)"
    )
    for path in tracked():
        if path.suffix == ".py":
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                assert not bare.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def test_no_file_knows_the_machine_it_was_written_on():
    traces = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|opt/(?!moulin)\w+)/|file:///\w+/pypi")
    for path in tracked():
        if path != Path(__file__):
            assert traces.findall(path.read_bytes()) == [], path.relative_to(ROOT)


def test_the_project_declares_the_python_it_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize(("ci", "outcome"), [(True, "failed"), (False, "skipped")])
def test_a_skip_is_a_failure_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setattr(conftest, "CI", ci)
    report = pytest.TestReport("a", ("a.py", 1, "a"), {}, "skipped", ("a.py", 1, "why"), "call")

    assert conftest.refuse_skip(report).outcome == outcome


def test_an_expected_failure_is_no_skip(monkeypatch):
    monkeypatch.setattr(conftest, "CI", True)
    report = pytest.TestReport(
        "a", ("a.py", 1, "a"), {}, "skipped", None, "call", wasxfail="known to fail"
    )

    assert conftest.refuse_skip(report).outcome == "skipped"


def test_the_newest_section_of_the_changelog_is_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    sections = re.findall(r"^## \[(.+?)\](.*)$", text, re.MULTILINE)

    assert sections[0] == ("Unreleased", "")
    assert sections[1][0] == project["version"]
    for version, day in sections[1:]:
        assert re.fullmatch(r" - \d{4}-\d\d-\d\d", day), version


def test_the_hooks_run_the_houses_own_commands():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = re.findall(r"entry: (make .*)", hooks)

    assert len(entries) == hooks.count("- id:")
    for entry in entries:
        subprocess.run([*entry.split(), "--dry-run"], cwd=ROOT, capture_output=True, check=True)


PRODUCT = ("api", "cli", "connectors", "core", "db", "syncs", "tasks", "worker")
WALL = 300
SCREEN = 25


def modules() -> list[Path]:
    """The product's own modules; a migration is as long as what it makes."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in PRODUCT
        and "migrations" not in path.parts
    ]


def test_a_module_is_one_idea():
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in modules()}

    assert [str(path) for path, lines in sizes.items() if lines > WALL] == []
    assert median(lines for path, lines in sizes.items() if path.name != "__init__.py") <= 90


def test_few_functions_are_longer_than_a_screen():
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > SCREEN
    ]

    assert len(long) < 20, long


def test_what_a_value_is_is_said():
    lines = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\bAny\b", line)
    ]

    assert len(lines) < 150, lines


def test_a_newcomers_guesses_hit():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| .*\? \| (.+) \|$", text, flags=re.MULTILINE)

    assert len(rows) > 12
    for row in rows:
        folder = ROOT
        for name in re.findall(r"`([\w/]+\.py)`", row):
            # Of several in one folder the folder is written once.
            path = ROOT / name if "/" in name else folder / name
            assert path.is_file(), name
            folder = path.parent
