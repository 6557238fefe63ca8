"""The wires of the sources: one client, one file a vendor. Knows no table."""
