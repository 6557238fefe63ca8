"""A process that asks a vendor with OAuth2: its address and a file for tokens, or ``database``.

Each line on stdin is an order: ``storm N`` asks with N threads at once and prints how each ended;
``fork`` asks once in a child of its own and prints the child's pid at once.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from connectors.errors import APIError
from connectors.http.token_endpoint import TIMEOUTS
from connectors.tokens import FileTokens, TokenStore
from db import session
from syncs.tokens import StoredTokens
from tests.connectors.granting import NAME, asking, credentials


def store(given: str) -> TokenStore:
    """``database 0.3`` has leases of 0.3 s: nobody waits long for who was killed."""
    if not given.startswith("database"):
        return FileTokens(given)
    return StoredTokens(NAME, lease=float(given.removeprefix("database") or TIMEOUTS.lease))


def storm(url: str, kept: TokenStore, threads: int) -> list[str]:
    together = threading.Barrier(threads)
    with asking(url, credentials(url, kept)) as client:

        def ask(_: int) -> str:
            together.wait()
            try:
                return str(client.get("me").status)
            except APIError as error:
                return type(error).__name__

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(ask, range(threads)))


def child(url: str, kept: TokenStore) -> int:
    pid = os.fork()
    if not pid:
        session.dispose(close=False)
        storm(url, kept, 1)
        os._exit(0)
    return pid


def main() -> None:
    url, kept = sys.argv[1], store(sys.argv[2])
    say = partial(print, flush=True)
    say("ready")
    for line in sys.stdin:
        match line.split():
            case "storm", threads:
                say(*storm(url, kept, int(threads)))
            case ("fork",):
                pid = child(url, kept)
                say(pid)
                say(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
