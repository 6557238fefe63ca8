"""The grade is whole: what a vendor's own tests say is its grade, and the reference says the same.

So no vendor is without them, and nothing of a contract is overridden, skipped or expected to fail.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from cli import grading
from cli.commands.grade import rows
from connectors import vendors
from connectors.families import Family
from connectors.folder import FAMILIES
from tests.contracts.grade import checks, spoken, whole

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "connectors.md"
VENDORS = {name: Path(file) for name, file in grading.vendors().items()}
EVERY = pytest.mark.parametrize("vendor", VENDORS)


def connectors() -> Iterator[tuple[str, str, type[Family]]]:
    """Each vendor's family, name and class."""
    for family in FAMILIES:
        for name in vendors.names(family):
            found = vendors.find(family, name)
            assert found is not None
            yield family, name, found


def suite(vendor: str) -> Any:
    """The one class of a vendor's test module."""
    path = VENDORS[vendor]
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not hasattr(module, "pytestmark")
    (mine,) = [each for name, each in vars(module).items() if name.startswith("Test")]
    return mine


def marks(contract: type, name: str) -> list[pytest.Mark]:
    return getattr(getattr(contract, name), "pytestmark", [])


def outcome(name: str, mine: type, offered: dict[str, bool]) -> grading.Outcome:
    """What a check of ``mine`` comes to when it is green."""
    if not hasattr(mine, name):
        return "not tried"
    needed = [it for mark in marks(mine, name) if mark.name == "needs" for it in mark.args]
    return "passed" if all(offered[it] for it in needed) else "not offered"


def declared(family: str, vendor: str, connector: type[Family]) -> grading.Grade:
    """The grade that a vendor's tests come to when they are green."""
    mine, contract = suite(vendor), whole(family)
    config = {"auth": {"method": "bearer", "token": "t"}}
    with connector(config_dict=config) as opened:
        offered = opened.capabilities
    found = [
        grading.Check(check=spoken(name), outcome=outcome(name, mine, offered))
        for name in checks(contract)
    ]
    return grading.Grade(vendor=vendor, family=family, passes=True, checks=found)


def test_every_vendor_has_a_module_and_every_module_a_vendor():
    assert {name for _, name, _ in connectors()} == VENDORS.keys()


@EVERY
def test_a_vendor_takes_its_familys_checks_as_they_are(vendor):
    mine, contract = suite(vendor), whole(VENDORS[vendor].parent.name)
    taken = set(checks(mine))

    assert taken
    assert taken <= set(checks(contract))
    assert not any(name.startswith(("test_", "pytestmark")) for name in vars(mine))
    for name in taken:
        assert inspect.getattr_static(mine, name) is inspect.getattr_static(contract, name)
        assert {mark.name for mark in marks(mine, name)} <= {"needs", "parametrize"}


@pytest.mark.parametrize("family", sorted({path.parent.name for path in VENDORS.values()}))
def test_the_reference_has_the_table(family):
    grades = [declared(*each) for each in connectors() if each[0] == family]

    head = [family, *(each.vendor for each in grades)]
    table = [head, ["---"] * len(head), *rows(grades)]
    lines = "\n".join(f"| {' | '.join(str(cell or '–') for cell in row)} |" for row in table)
    assert lines in REFERENCE.read_text("utf-8"), f"it should have\n{lines}"
