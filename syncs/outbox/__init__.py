"""Commands to vendors: rows that are carried out once, whatever dies meanwhile."""

from syncs.outbox.queue import queue_for_later

__all__ = ["queue_for_later"]
