"""The reference names every fault, and its examples work."""

import inspect
import json
import re
from pathlib import Path

import pytest

from sandbox import b2b, oauth, square, template
from sandbox.faults import KINDS

REFERENCE = (Path(__file__).parents[2] / "docs/reference/sandbox.md").read_text(encoding="utf-8")


def test_every_fault_has_a_row_and_every_example_is_a_fault():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|.*\| `(\{.*\})` \|$", REFERENCE, re.MULTILINE)

    assert {kind: name for kind, name, _ in rows} == {
        kind: fault.__name__ for kind, fault in KINDS.items()
    }
    for kind, _, example in rows:
        declared = json.loads(example)
        assert declared.pop("kind") == kind
        KINDS[kind].model_validate(declared)


@pytest.mark.parametrize("source", [b2b, oauth, square, template])
def test_every_knob_of_serve_is_named(source):
    for knob in inspect.signature(source.serve).parameters:
        assert f"`{knob}`" in REFERENCE
