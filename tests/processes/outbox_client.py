"""A process that carries commands out at the toys' vendor: its address, and which of them it is.

Each line on stdin is a command's id: it is carried out in a child, whose pid is printed at once.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from db import session
from syncs.outbox import send
from tests import toy


def child(ident: int) -> int:
    pid = os.fork()
    if not pid:
        session.dispose(close=False)
        send.carry_out(ident)
        os._exit(0)
    return pid


def main() -> None:
    toy.SOURCES["toy"] = toy.source(toy.KINDS[sys.argv[2]], sys.argv[1])
    say = partial(print, flush=True)
    say("ready")
    for line in sys.stdin:
        pid = child(int(line))
        say(pid)
        say(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
