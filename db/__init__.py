"""The store: tables, sessions and statements. Knows no vendor."""
