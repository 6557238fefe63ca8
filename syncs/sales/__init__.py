"""Sales, from the tills into the store."""
