"""Identifiers as they are compared."""

import pytest

from core.canonical import canonical


@pytest.mark.parametrize(
    "text", ["V-1", " V-1", "V-1 ", "\tV-1\n", "\u00a0V-1\u202f", "\ufeffV-1", "V-1\u200b \u200b"]
)
def test_ends_do_not_count(text: str):
    assert canonical(text) == "V-1"


def test_two_spellings_of_one_accent_are_one():
    assert canonical("Cafe\u0301 1") == canonical("Caf\u00e9 1") == "Caf\u00e9 1"


@pytest.mark.parametrize("text", ["V 1", "v-1", "V-1\u200bA", ""])
def test_the_inside_and_the_case_stay(text: str):
    assert canonical(text) == text
