"""The art site's records as rows: one module for all tables, one for orders, one for checks."""
