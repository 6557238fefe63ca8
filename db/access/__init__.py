"""Who may do what, and who did: operators, keys, sealed columns, the audit."""
