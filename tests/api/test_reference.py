"""Every endpoint stands in the reference, and nothing there has gone."""

from __future__ import annotations

import re
from pathlib import Path

from tests.api.test_access import DOORS

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http.md"


def plain(path):
    return re.sub(r"<(?:\w+:)?\w+>", "<>", path)


def test_every_endpoint_stands_in_the_reference_with_its_role():
    text = REFERENCE.read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z]+ /[^` ?]*)[^`]*` \| (\w+)", text, re.MULTILINE)

    assert {plain(door): role for door, role in rows} == {
        plain(door): role for door, role in DOORS.items()
    }
