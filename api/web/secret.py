"""The key that signs sessions: ``SECRET_KEY``, or in development one that is made and kept."""

from __future__ import annotations

import secrets

from core import crypto
from core.settings import settings

SETTING = "SECRET_KEY"
KEY_FILE = "secret.key"


def secret_key() -> str:
    """32 characters or more, the same in every process of this machine."""
    given = settings().secret_key
    if given is not None:
        return given.get_secret_value()
    path = settings().var_dir / KEY_FILE
    return crypto.kept_key(path, setting=SETTING, make=lambda: secrets.token_urlsafe(32))
