"""How the outside speaks: one client, one file a vendor. Knows no table."""
