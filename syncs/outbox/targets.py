"""Which connector a command names, and what that can be commanded."""

from __future__ import annotations

from connectors.environment import may_write
from connectors.families import Family
from connectors.families.commands import AnyCommand
from connectors.folder import FAMILIES
from core.errors import NotFoundError, RefusedError
from core.settings import settings
from syncs import connect, registry


class UnsupportedError(RefusedError):
    """The vendor lacks the verb, or it is turned off."""

    code = "NOT_SUPPORTED"


def find(name: str) -> Family:
    """The connector of this name, ready to be commanded.

    ``NotFoundError`` lists those there are; ``ConfigurationError`` says what is wrong with it;
    ``RefusedError`` when this is development, and what it speaks to is real.
    """
    known = [each.name for each in registry.SOURCES.values() if each.family in FAMILIES]
    if name not in known:
        registry.connectors().require_valid(name)
        raise NotFoundError("connector", f"{name!r}; there are: {', '.join(known) or 'none'}")
    connector = connect.to_source(name)
    assert isinstance(connector, Family)
    if not may_write(connector.config, settings().moulin_env, sandboxes=connector.sandboxes):
        connector.close()
        raise RefusedError(
            f"MOULIN_ENV is {settings().moulin_env}: no command goes to {connector.http.host}, "
            "which is real."
        )
    return connector


def command(connector: Family, name: str, verb: str) -> AnyCommand:
    """What ``verb`` is there. ``NotFoundError`` lists those there are; ``UnsupportedError``."""
    command = connector.commands.get(verb)
    if command is None:
        there = ", ".join(connector.commands)
        raise NotFoundError("verb", f"{verb!r} at {name}; there are: {there}")
    if not connector.capabilities[verb]:
        off = connector.config.capabilities.get(verb) is False
        why = f"it is turned off ({name}.capabilities.{verb})" if off else "its vendor lacks it"
        raise UnsupportedError(f"{name} does no {verb}: {why}.")
    return command
