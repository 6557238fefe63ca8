"""Ringing from a terminal: the row is in the store, so a broker that is away costs seconds."""

from __future__ import annotations

from cli.output import say
from core.errors import ConfigurationError


def ring(run_id: int, sync: str) -> None:
    """Tell a worker that ``run_id`` is due; says so when nobody hears it."""
    import worker  # noqa: F401, whoever sends needs the app's settings
    from tasks import doorbell

    try:
        heard = doorbell.ring(f"sync.{sync}", run_id)
    except ConfigurationError:
        # Without a broker's address; the order itself stands in the store.
        heard = False
    if not heard:
        say(f"The broker does not answer now; a worker's sweeper will find run {run_id}.")
