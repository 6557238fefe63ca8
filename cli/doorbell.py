"""Ringing from a terminal: the row is in the store, so a broker that is away costs seconds."""

from __future__ import annotations

from cli.output import say
from core.errors import ConfigurationError


def ring(task: str, ident: int, name: str) -> None:
    """Send a worker ``task`` for the row ``ident``; prints a message when no broker takes it.

    ``name`` is the row's for people, as in "run 12".
    """
    if not is_rung(task, ident):
        say(f"The broker does not answer now; a worker's sweeper will find {name}.")


def is_rung(task: str, ident: int) -> bool:
    """Send a worker ``task`` for the row ``ident``; whether a broker took it."""
    import worker  # noqa: F401, whoever sends needs the app's settings
    from tasks import doorbell

    try:
        return doorbell.ring(task, ident)
    except ConfigurationError:
        # Without a broker's address; the order itself is in the store.
        return False
