"""Records of the export as the site sends them: only what must be there is typed.

What a field holds beside that is the site's own business: see ``syncs.sources.template``.
"""

from __future__ import annotations

from core.fields import ExternalId
from core.payload import Payload

ITEM_FIELDS = ("items", "order_items", "lines")
"""Where an order may hold its items; the first that is there counts."""


class KeyedPayload(Payload):
    """A setting or a figure: ``key``, and ``value`` of any kind."""

    key: ExternalId


class RecordPayload(Payload):
    """Anything with an id."""

    id: ExternalId
