"""The sandbox as a process: ``python -m sandbox`` serves the inventory until it is told to stop,
and, with ``--template-port`` and ``--square-port``, the art site and Square beside it.
"""

import argparse
import signal
import sys
import threading
from contextlib import AbstractContextManager, ExitStack, suppress

from sandbox import b2b, square, template
from sandbox.source import Source


def main() -> int:
    """Serve, say where on one line of stdout, and end cleanly on SIGTERM or SIGINT."""
    options = _parser().parse_args()
    # Both signals become the one exception that unwinds `serve`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt), ExitStack() as stack:
            _serve(options, stack)
            _wait()
    except PortTakenError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's own message
        return 1
    return 0


class PortTakenError(Exception):
    """Says which address is not ours to listen at, and why."""


def _serve(options: argparse.Namespace, stack: ExitStack) -> None:
    """Serve what was asked for, and say where, a line each."""
    common = {"host": options.host, "seed": options.seed}
    sources: list[tuple[int, AbstractContextManager[Source]]] = [
        (
            options.port,
            b2b.serve(port=options.port, products=options.products, key=options.key, **common),
        )
    ]
    if options.template_port is not None:
        site = template.serve(
            port=options.template_port,
            key=options.template_key,
            paintings=options.paintings,
            orders=options.orders,
            **common,
        )
        sources.append((options.template_port, site))
    if options.square_port is not None:
        till = square.serve(
            host=options.host,
            port=options.square_port,
            locations=options.locations,
            sales=options.sales,
        )
        sources.append((options.square_port, till))
    for port, source in sources:
        try:
            url = stack.enter_context(source).url
        except OSError as error:
            raise PortTakenError(f"{options.host}:{port}: {error.strerror}") from error
        print(url, flush=True)  # noqa: T201  (whoever started us waits for this line)


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
    parser.add_argument("--template-port", type=int, help="serve the art site too; 0: a free one")
    parser.add_argument("--template-key", default=template.DEMO_KEY)
    parser.add_argument("--paintings", type=int, default=120)
    parser.add_argument("--orders", type=int, default=40)
    parser.add_argument("--square-port", type=int, help="serve Square too; 0: a free one")
    parser.add_argument("--locations", type=int, default=1, help="Square's")
    parser.add_argument("--sales", type=int, default=40, help="Square's, of the last day")
    return parser


if __name__ == "__main__":
    sys.exit(main())
