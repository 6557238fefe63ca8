"""Each answer that the OpenAPI document describes is given in some test, or the suite fails.

What a test in ``tests/api`` is answered is noted as it passes. When the whole suite was run, or its
first stage, the notes of all workers together must hold every operation's every status, and every
code that an operation describes itself.
"""

from __future__ import annotations

from typing import Any

import pytest

DESCRIBED: set[str] = set()
"""``operation status`` and ``operation status code``, as the document says."""
GIVEN: set[str] = set()
"""The same, as the tests were answered."""
NEVER_GIVEN = pytest.StashKey[list[str]]()


def note(operation: str, status: int, code: str | None) -> None:
    """Remember an answer."""
    GIVEN.update({f"{operation} {status}", f"{operation} {status} {code}"})


def is_whole(config: pytest.Config) -> bool:
    """Whether every test was asked for whose answers are noted."""
    asked = config.option
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and asked.markexpr in {"", "not processes"}
        and not (asked.keyword or asked.deselect or asked.ignore or asked.ignore_glob or asked.lf)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Gather what a worker noted."""
    output = getattr(node, "workeroutput", {})
    DESCRIBED.update(output.get("described", ()))
    GIVEN.update(output.get("given", ()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand over what a worker noted; at the end of all, fail when something was never given."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput |= {"described": [*DESCRIBED], "given": [*GIVEN]}
    elif exitstatus == pytest.ExitCode.OK and is_whole(session.config):
        missing = sorted(DESCRIBED - GIVEN) if DESCRIBED else ["(no test of an answer was run)"]
        session.config.stash[NEVER_GIVEN] = missing
        if missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name what was never given."""
    for each in config.stash.get(NEVER_GIVEN, []):
        terminalreporter.write_line(f"Described, and never given in any test: {each}", red=True)
