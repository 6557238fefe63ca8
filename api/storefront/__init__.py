"""``/inventory/`` and ``/api/inventory/``: the catalogue as storefronts and shopkeepers read it."""
