"""The two stages are the whole suite, and the first one starts no processes."""

from __future__ import annotations

import re
import subprocess
import sys
from copy import copy

import pytest
from _pytest.mark.expression import Expression

from tests.stages import PROCESSES, TESTS, arrange, side_by_side

MAKEFILE = (TESTS.parent / "Makefile").read_text("utf-8")


def selected(target: str, marks: tuple[str, ...]) -> bool:
    """Whether ``make target`` runs a test with these marks."""
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    chosen = re.search(r'-m (?:"([^"]*)"|(?!pytest)(\w+))', recipe[1].replace("-m pytest", ""))
    if chosen is None:
        return True

    def has(name: str, /, **_: object) -> bool:
        return name in marks

    return Expression.compile(chosen[1] or chosen[2]).evaluate(has)


@pytest.mark.parametrize("marks", [(), ("processes",), ("processes", "faults")], ids=str)
def test_every_test_is_in_one_of_the_two_stages_and_in_the_whole(marks):
    assert selected("quick", marks) != selected("processes", marks)
    assert selected("test", marks)


def test_what_starts_processes_exists():
    assert all((TESTS / name).exists() for name in PROCESSES)


def test_a_test_of_the_first_stage_that_starts_a_process_fails():
    with pytest.raises(AssertionError, match="test_a_test_of_the_first_stage"):
        subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.processes
def test_one_of_the_second_may():
    subprocess.run([sys.executable, "-c", ""], check=True)


def test_the_longest_come_first(request):
    patient = copy(request.node)
    patient.own_markers = [pytest.mark.timeout(1000).mark]
    items = [request.node, patient]

    arrange(items)

    assert items == [patient, request.node]


@pytest.mark.parametrize(
    ("waiting", "working", "arranged"),
    [("ABC", "abcdefgh", "AabBcdCefgh"), ("AB", "a", "ABa"), ("", "ab", "ab"), ("A", "", "A")],
)
def test_those_that_wait_come_among_those_that_work_and_not_at_the_end(waiting, working, arranged):
    assert side_by_side(waiting, working) == list(arranged)
