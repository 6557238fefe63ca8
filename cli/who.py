"""Who gives the order: the audit's word for the person at this terminal."""

from __future__ import annotations

import getpass
import os

from syncs.acts.by import By


def by(why: str | None = None) -> By:
    """``cli:`` and the login name; in a container without names, the user's number."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        name = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return By(f"cli:{name}"[:100], why)
