"""How we remember: tables, sessions and statements. Knows no vendor."""
