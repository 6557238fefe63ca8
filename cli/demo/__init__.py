"""``demo``: everything at work on invented sources, step by step; nothing of yours is touched.

Its store, Redis and ports are its own and gone afterwards. Exit 0 when all went as promised.
"""
