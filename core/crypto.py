"""Secrets at rest: sealed with Fernet under the newest of several keys, each known by an id.

A sealed value is ``<kid>:<fernet token>``; ``kid`` is the first 8 hex digits of the SHA-256 of
the key's text. Without a key, development makes one in ``VAR_DIR`` and goes on using it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken

from core.advice import Advised
from core.errors import ConfigurationError, FatalError
from core.settings import settings

SETTING = "INVENTORY_ENCRYPTION_KEY"
KEY_FILE = "encryption.key"

_SEALED = re.compile(r"([0-9a-f]{8}):([\w=-]+)", re.ASCII)


def seal(text: str) -> str:
    """``text`` sealed under the newest key, as ``<kid>:<fernet token>``."""
    kid, newest = next(iter(_keys().items()))
    # A payload may hold a lone surrogate, and must come out as it went in.
    return f"{kid}:{newest.encrypt(text.encode('utf-8', 'surrogatepass')).decode()}"


def unseal(sealed: str) -> str:
    """What was sealed.

    Raises ``ConfigurationError`` when its key is not held, ``FatalError`` when it was altered.
    """
    kid, token = _parts(sealed)
    key = _keys().get(kid)
    if key is None:
        raise ConfigurationError(
            f"sealed with key {kid}, which {SETTING} does not hold; add it behind the newest, "
            "separated by a comma."
        )
    try:
        return key.decrypt(token.encode()).decode("utf-8", "surrogatepass")
    except InvalidToken as error:
        raise FatalError(
            f"a value sealed with key {kid} was altered or cut; restore it from a backup or enter "
            "it again.",
            code="ALTERED",
        ) from error


def reseal(sealed: str) -> str | None:
    """The same secret under the newest key; None when it is under that key already."""
    kid, _ = _parts(sealed)
    return None if kid == key_ids()[0] else seal(unseal(sealed))


def key_ids() -> tuple[str, ...]:
    """The ids of the keys we hold, newest first."""
    return tuple(_keys())


def is_sealed(text: str) -> bool:
    """Whether ``text`` looks like what ``seal`` makes."""
    return _SEALED.fullmatch(text) is not None


def marks(text: str) -> tuple[str, ...]:
    """``text`` under each key we hold, newest first, as ``<kid>:<HMAC-SHA256 in hex>``.

    Equal texts have equal marks, and without the key nobody can try a list of texts.
    """
    return tuple(
        f"{kid}:{hmac.new(key, text.encode('utf-8', 'surrogatepass'), hashlib.sha256).hexdigest()}"
        for kid, key in _mark_keys(*_held()).items()
    )


def new_key() -> str:
    """A fresh key, to be put first in the setting."""
    return Fernet.generate_key().decode()


def digest(text: str) -> str:
    """The SHA-256 of ``text`` in hex; for long random tokens, which need no salt."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same(a: str, b: str) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(
        a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass")
    )


def _parts(sealed: str) -> tuple[str, str]:
    match = _SEALED.fullmatch(sealed)
    if match is None:
        raise FatalError(
            "not a sealed value (<key id>:<token>); enter the secret again.", code="ALTERED"
        )
    return match[1], match[2]


def _keys() -> dict[str, Fernet]:
    return _keyring(*_held())


def _held() -> tuple[str, str]:
    """The text of our keys, and where it is kept."""
    held = settings().inventory_encryption_key
    if held is not None:
        return held.get_secret_value(), SETTING
    path = settings().var_dir / KEY_FILE
    return kept_key(path), str(path)


# Kept by the text of the keys: other settings have another text, so nothing stale is served.
@lru_cache(maxsize=1)
def _keyring(text: str, origin: str) -> dict[str, Fernet]:
    keys = _parted(text)
    if not keys:
        raise ConfigurationError(Advised(f"{origin}: holds no key.", _MAKE))
    return dict(_opened(key, place, origin) for place, key in enumerate(keys, 1))


@lru_cache(maxsize=1)
def _mark_keys(text: str, origin: str) -> dict[str, bytes]:
    """A key for marks from each of ours: one and the same must not serve two purposes."""
    ids = _keyring(text, origin)
    return {
        kid: hmac.new(key.encode(), b"moulin: marks", hashlib.sha256).digest()
        for kid, key in zip(ids, _parted(text), strict=True)
    }


def _parted(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


_MAKE = "new encryption key"


def _opened(key: str, place: int, origin: str) -> tuple[str, Fernet]:
    try:
        raw = base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    if len(raw) != 32:  # noqa: PLR2004 - the length of a Fernet key, as in the message
        # Neither the value nor an error that quotes it may reach a log.
        raise ConfigurationError(
            Advised(
                f"{origin}: key {place} is no Fernet key (32 bytes in URL-safe base64, "
                "44 characters).",
                _MAKE,
            )
        )
    return hashlib.sha256(key.encode()).hexdigest()[:8], Fernet(base64.urlsafe_b64encode(raw))


def kept_key(path: Path, *, setting: str = SETTING, make: Callable[[], str] = new_key) -> str:
    """The key in ``path``, made at the first call, used for ``setting`` in development;
    ``ConfigurationError`` if that cannot be.
    """
    try:
        if not path.exists():
            _make_key_file(path, make())
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigurationError(f"{path}: others may read this key; run 'chmod 600 {path}'.")
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: the key for development cannot be kept there ({type(error).__name__}); "
            f"set {setting}, or VAR_DIR to a directory of your own."
        ) from error


def _make_key_file(path: Path, key: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all: of two processes one wins and both read its key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
