"""The header that carries a source's key."""

from __future__ import annotations

import re

from core.errors import ConfigurationError

_TEMPLATE = re.compile(r"([A-Za-z0-9-]+):[ ]*([\x20-\x7e]*\{key\}[\x20-\x7e]*)").fullmatch


def header(template: str, key: str, *, where: str) -> dict[str, str]:
    """``{"Authorization": "Bearer …"}`` from ``Authorization: Bearer {key}``.

    Raises ``ConfigurationError``, which never shows the key, when there is none or when it cannot
    stand in a header; ``where`` tells where to look.
    """
    found = _TEMPLATE(template)
    if found is None:
        raise ConfigurationError(
            "the template of the key's header must look like 'Authorization: Bearer {key}'."
        )
    key = key.strip()
    if not key:
        raise ConfigurationError(f"there is no API key; {where}.")
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"the API key holds characters no header can carry; {where}.")
    return {found[1]: found[2].replace("{key}", key)}
