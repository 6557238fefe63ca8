"""The play: its beginning and its end, whatever happens in between."""

from __future__ import annotations

import signal
import time
from typing import NoReturn

import click
import requests

from cli.demo.account import Account
from cli.demo.acts import PRODUCTS, Acts
from cli.demo.stage import Stage
from core.errors import MoulinError


def play() -> int:
    """The exit code of the whole demo: 0 when all went as promised, 1 otherwise."""
    account = Account()
    began = time.monotonic()
    # The end of a story, like Ctrl-C: what was started must be stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with Stage(account, products=PRODUCTS) as stage:
        try:
            Acts(stage, account).play()
        except (MoulinError, requests.RequestException) as error:
            account.differences.append(f"It stopped: {error}")
            click.echo(f"\nThe last lines of the processes:\n{stage.last_lines()}", err=True)
        account.act("The end")
        account.tell("Stopping every process; the store and all the rest of it is removed.")
    return _sum_up(account, time.monotonic() - began)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _sum_up(account: Account, seconds: float) -> int:
    if account.differences:
        click.echo(f"\nNot everything went as promised ({seconds:.0f} s):")
        for difference in account.differences:
            click.echo(f" - {difference}")
        return 1
    click.echo(
        f"\nEverything went as promised, in {seconds:.0f} seconds. The addresses above are gone "
        "with it.\nTo see the API and Flower at work on your own settings: make run"
    )
    return 0
