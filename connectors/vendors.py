"""The vendors that there are: a class in ``connectors.<family>.<vendor>`` is one, and is found."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec

from connectors.families.family import Family


def find(family: str, vendor: str) -> type[Family] | None:
    """The connector of this vendor; None when there is none."""
    # A name of a file becomes no name of a module unless there is one.
    return _class(family, vendor) if vendor in _modules(family) else None


def names(family: str) -> list[str]:
    """The vendors of a family, in order."""
    return [name for name in sorted(_modules(family)) if _class(family, name) is not None]


def _modules(family: str) -> set[str]:
    spec = find_spec(f"connectors.{family}")
    places = spec.submodule_search_locations if spec is not None else None
    return {module.name for module in pkgutil.iter_modules(places or [])}


def _class(family: str, vendor: str) -> type[Family] | None:
    module = import_module(f"connectors.{family}.{vendor}")
    kinds = (each for each in vars(module).values() if isinstance(each, type))
    found = (each for each in kinds if issubclass(each, Family))
    return next((each for each in found if getattr(each, "vendor", None) == vendor), None)
