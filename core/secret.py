"""The key that signs sessions: ``SECRET_KEY``, or in development one that is made and kept."""

from __future__ import annotations

import secrets

from core import crypto
from core.settings import settings

KEY_FILE = "secret.key"


def secret_key() -> str:
    """32 characters or more, the same in every process of this machine."""
    given = settings().secret_key
    if given is not None:
        return given.get_secret_value()
    return crypto.kept_key(settings().var_dir / KEY_FILE, make=lambda: secrets.token_urlsafe(32))
