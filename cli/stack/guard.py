"""Run as a file: kills what a supervisor left behind when it was itself killed.

Reads process groups from its standard input, one a line, with a minus when a group has ended. The
end of the input is the end of the supervisor. Imports nothing of ours, to be small and quick.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Wait for the end of the input, then kill the groups that are left."""
    # Its supervisor goes first, however the end comes.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line)
        if group > 0:
            groups.add(group)
        else:
            groups.discard(-group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
