"""The cause of a failure: the connector, the error's code, and the place in our code that raised
it. The task is not part of it: one key that is refused is one cause, whatever it was used for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core import crypto

_FRAME = re.compile(
    r'File "(?P<before>[^"]*?)[\\/](?P<path>(?:api|cli|connectors|core|db|syncs|tasks|worker)'
    r'[\\/][^"]+)\.py", line \d+, in (?P<name>\S+)'
)
_FOREIGN = re.compile(r"site-packages|dist-packages|[\\/]lib[\\/]python")


def fingerprint(task: str, error: Mapping[str, object]) -> str:
    """One value for failures of one cause; an error without a code counts by its type."""
    code = error.get("code") or error.get("type")
    where = place(str(error.get("traceback") or ""))
    return crypto.digest(f"{connector(task)}|{code}|{where}")[:16]


def connector(task: str) -> str:
    """The connector of a sync's task, and of any other the first word of its name."""
    return task.removeprefix("sync.").partition(".")[0]


def place(traceback: str) -> str:
    """The innermost frame of our own code, as ``connectors/http/status:check``, without its line:
    a new version moves lines. Empty when there is none.
    """
    where = ""
    for frame in _FRAME.finditer(traceback):
        if not _FOREIGN.search(frame["before"]):
            where = f"{frame['path']}:{frame['name']}".replace("\\", "/")
    return where
