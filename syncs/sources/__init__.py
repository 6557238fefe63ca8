"""What is synced from where: how each source's records map to columns, and its declarations."""
