"""The pinned lists: each one is whole, whichever pip reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.txt"))
# What tests are run with. Whose pip is newer than ours is welcome; `uv` is for `make lock` only.
INSTALLED = sorted({*LOCKS} - {"requirements-pip.txt", "requirements-lock.txt"})


def lines(name: str) -> Iterator[str]:
    """Each requirement of a list, with its hashes, as one line."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    return (line for line in text.splitlines() if line and not line.lstrip().startswith("#"))


def requirements(name: str) -> Iterator[Requirement]:
    """What a list asks for on this Python, the lists that it includes aside."""
    for line in lines(name):
        if not line.startswith("-"):
            asked = Requirement(re.split(r"\s+(?:#|--hash)", line)[0])
            if not asked.marker or asked.marker.evaluate():
                yield asked


def pins(name: str) -> dict[str, Requirement]:
    """What a lock pins on this Python, by name."""
    return {canonicalize_name(pin.name): pin for pin in requirements(name)}


def needs(pin: Requirement) -> Iterator[Requirement]:
    """What the installed distribution requires on this Python, with the extras of its pin."""
    for line in distribution(pin.name).requires or ():
        need = Requirement(line)
        if any(
            not need.marker or need.marker.evaluate({"extra": extra}) for extra in ("", *pin.extras)
        ):
            yield need


def missing(needed: Requirement, pinned: dict[str, Requirement]) -> str:
    """What of a requirement is not pinned, in a few words; nothing if all of it is."""
    pin = pinned.get(canonicalize_name(needed.name))
    if pin is None:
        return f"{needed} is not pinned"
    extras = {canonicalize_name(extra) for extra in needed.extras}
    if lost := extras - {canonicalize_name(extra) for extra in pin.extras}:
        return f"{needed}: pinned without {sorted(lost)}"
    version = next(iter(pin.specifier)).version
    return "" if needed.specifier.contains(version) else f"{needed}: pinned at {version}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name):
    found = list(lines(name))

    assert found
    for pin in found:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", pin), pin
        assert "--hash=sha256:" in pin, pin


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name):
    assert "://" not in (ROOT / name).read_text("utf-8")


def test_a_library_has_one_version_in_all_locks():
    versions: dict[str, str] = {}
    for name in LOCKS:
        for library, pin in pins(name).items():
            assert versions.setdefault(library, str(pin.specifier)) == str(pin.specifier), library


@pytest.mark.parametrize("name", [path.name for path in sorted(ROOT.glob("requirements*.in"))])
def test_what_we_name_is_pinned_and_says_why(name):
    pinned = pins(Path(name).with_suffix(".txt").name)

    for line in lines(name):
        assert line.startswith("-r ") or " # " in line, line
    for requirement in requirements(name):
        assert not missing(requirement, pinned)


@pytest.mark.parametrize("name", INSTALLED)
def test_what_is_installed_is_what_is_pinned(name):
    """Else the next test reads the requirements of other versions."""
    for pin in pins(name).values():
        assert pin.specifier.contains(distribution(pin.name).version), f"{pin}: make {name} again"


@pytest.mark.parametrize("name", INSTALLED)
def test_all_that_an_installed_distribution_needs_is_pinned_with_its_extras(name):
    """A list alone is enough: an extra that it leaves out is any version to an older pip."""
    pinned = pins(name)
    found = [
        f"{pin.name}: {lack}"
        for pin in pinned.values()
        for need in needs(pin)
        if (lack := missing(need, pinned))
    ]

    assert found == []
