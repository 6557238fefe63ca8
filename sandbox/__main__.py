"""The sandbox as a process: ``python -m sandbox`` serves the inventory until it is told to stop."""

import argparse
import signal
import sys
import threading
from contextlib import suppress

from sandbox import b2b


def main() -> int:
    """Serve, say where on one line of stdout, and end cleanly on SIGTERM or SIGINT."""
    options = _parser().parse_args()
    # Both signals become the one exception that unwinds `serve`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with (
            suppress(KeyboardInterrupt),
            b2b.serve(
                host=options.host,
                port=options.port,
                products=options.products,
                seed=options.seed,
                key=options.key,
            ) as source,
        ):
            print(source.url, flush=True)  # noqa: T201  (whoever started us waits for this line)
            _wait()
    except OSError as error:
        print(f"{options.host}:{options.port}: {error.strerror}", file=sys.stderr)  # noqa: T201 - a program's own message
        return 1
    return 0


def _wait() -> None:
    # Short naps, because on Windows a signal does not end a wait without a limit.
    never = threading.Event()
    while not never.wait(0.5):
        pass


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9400, help="0 takes a free one")
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--key", default=b2b.DEMO_KEY)
    return parser


if __name__ == "__main__":
    sys.exit(main())
