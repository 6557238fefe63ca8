"""A described answer that no test was given fails the whole suite, and only that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
from tests.described import DESCRIBED, note

DESCRIBED.update({"show 200", "show 404", "show 404 GONE"})

def test_one():
    note("show", 200, None)

def test_other():
    note("show", 404, "GONE")

def test_nothing():
    pass
"""
NEVER = "Described, and never given in any test: "


@pytest.mark.processes
@pytest.mark.parametrize(
    ("chosen", "given", "never"),
    [
        ((), TESTS, []),
        ((), TESTS.replace('GONE")', 'LOST")'), ["show 404 GONE"]),
        (("-m", "not processes"), TESTS.replace("200, None", "404, None"), ["show 200"]),
        (("-k", "nothing"), TESTS, []),
        (("test_it.py",), TESTS.replace("200, None", "404, None"), []),
        ((), "def test_nothing(): pass", ["(no test of an answer was run)"]),
    ],
    ids=["all", "a code is missing", "a status is missing", "some tests", "some files", "none"],
)
def test_what_was_never_given_fails_when_all_tests_were_run(tmp_path, chosen, given, never):
    (tmp_path / "test_it.py").write_text(given, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = .\nmarkers = processes\n", "utf-8")

    done = subprocess.run(
        [
            # What several workers noted is gathered when all were run.
            *(sys.executable, "-m", "pytest", "-n", "0" if chosen else "2"),
            *("-p", "tests.described", *chosen, "-p", "no:schemathesis", "-p", "no:randomly"),
        ],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    said = [line for line in done.stdout.splitlines() if line.startswith(NEVER)]
    assert said == [NEVER + each for each in never], done.stdout
    assert done.returncode == bool(never)
