"""The suites as a program, for ``connectors grade``: a line of JSON on stdout for each step.

``--connector NAME`` beside a family's ``live.py``: at the account that is configured so.

First what a vendor's checks are, in their family's order, and how many tests they take; then each
test's outcome. What pytest itself says goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TextIO

import pytest

from connectors.folder import FAMILIES
from tests.contracts import offered

QUIET = (
    "--quiet",
    "--rootdir=.",
    "--config-file=pyproject.toml",
    # The conftest above takes everybody's settings away, which the live part needs.
    "--confcutdir=tests/contracts",
    "--continue-on-collection-errors",
    "--override-ini=addopts=--import-mode=importlib -p no:schemathesis",
    "-pno:randomly",
    "-pno:cacheprovider",
)


def checks(contract: type) -> Iterator[str]:
    """The tests of a contract, those of its parents first."""
    for owner in reversed(contract.__mro__):
        yield from (name for name in vars(owner) if name.startswith("test_"))


def whole(family: str) -> type:
    """The contract of a family."""
    contract: type = import_module(f"tests.contracts.{family}.suite").Contract
    return contract


def live(family: str) -> type:
    """The part of a family's contract that reads."""
    contract: type = import_module(f"tests.contracts.{family}.reads").Reads
    return contract


def spoken(name: str) -> str:
    """A test's name as the sentence it is."""
    return name.removeprefix("test_").replace("_s_", "'s ").replace("_", " ")


class Lines:
    """A plugin that writes what happens to ``out``."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._paths: dict[str, Path] = {}
        self._connector: str | None = None

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        parser.addoption("--connector")

    def pytest_configure(self, config: pytest.Config) -> None:
        self._connector = config.getoption("--connector")
        # The checks are in modules that are no tests to pytest's eyes.
        pytest.register_assert_rewrite(*(f"tests.contracts.{family}" for family in FAMILIES))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._paths = {item.nodeid: item.path for item in session.items}
        for path, tests in Counter(self._paths.values()).items():
            contract = live(path.parent.name) if self._connector else whole(path.parent.name)
            self._write(path, checks=[*map(spoken, checks(contract))], tests=tests)

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, report: pytest.CollectReport | pytest.TestReport
    ) -> None:
        if isinstance(node, pytest.Module):
            self._write(node.path, check="its module is read", outcome="failed", why=_why(report))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = dict(report.user_properties)
        name = report.nodeid.partition("[")[0].rpartition("::")[2]
        if not report.passed:
            outcome, why = "failed", _why(report)
        elif report.when == "call":
            outcome, why = str(noted.get("grade", "passed")), None
        else:
            return
        self._write(self._paths[report.nodeid], check=spoken(name), outcome=outcome, why=why)

    def _write(self, path: Path, **step: object) -> None:
        vendor = self._connector or path.stem.removeprefix("test_")
        line = json.dumps({"family": path.parent.name, "vendor": vendor, **step})
        print(line, file=self._out, flush=True)


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash else report.longreprtext).strip().splitlines()
    said = next(iter(lines if crash else reversed(lines)), "it is skipped")
    return said.removeprefix("E ").strip()[:300]


def main(arguments: list[str]) -> int:
    """Run what is asked for, as pytest does."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        return pytest.main([*QUIET, *arguments], plugins=[offered, Lines(out)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
