"""A run on its way: its pages, its counts, its deletions, its end."""
