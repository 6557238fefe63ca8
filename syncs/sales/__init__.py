"""Sales: what moves from the tills into the store."""
