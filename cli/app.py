"""The command group, and what each kind of error means to a shell.

Exit 0 done, 1 failed, 2 usage, 3 partial, 69 unavailable, 78 configuration.
"""

from __future__ import annotations

import logging
import os
import sys

import click
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from cli.commands import (
    acts,
    art_site,
    batches,
    connectors,
    failed,
    keys,
    operators,
    pauses,
    processes,
    products,
    queues,
    rejects,
    runs,
    shops,
    status,
    stock,
    store,
    syncs,
    template,
    terminals,
)
from cli.demo.environment import bare, become
from cli.output import FAILED, UNAVAILABLE, WRONG_SETTINGS, say, say_error
from cli.words import sentence, sentences
from core import logs
from core.errors import ConfigurationError, MoulinError, RetriableError

SERVERS = ("up", "web")
MAKES_A_KEY = ["apikey", "new-encryption-key"]
"""The one command that production's settings wait for: it cannot wait for them."""


class Commands(click.Group):
    """A group whose commands never show a traceback for what we foresaw."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error becomes a sentence and an exit code."""
        try:
            _configure_logs()
            return super().invoke(ctx)
        except ConfigurationError as error:
            for problem in error.sentences:
                say_error(sentence(problem), code=error.code)
            sys.exit(WRONG_SETTINGS)
        except RetriableError as error:
            say_error(sentences(error), code=error.code)
            sys.exit(UNAVAILABLE if error.retry_after else FAILED)
        except MoulinError as error:
            say_error(sentences(error), code=error.code)
            sys.exit(FAILED)
        except IntegrityError:
            say_error("Somebody did the same at this moment; look, then try again.", code="RACE")
            sys.exit(FAILED)
        except (OperationalError, InterfaceError) as error:
            reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
            say_error(f"The store does not answer ({reason}); check DATABASE_URL.", code="STORE")
            sys.exit(UNAVAILABLE)
        except KeyboardInterrupt:
            say("Stopped.")
            sys.exit(FAILED)


def _configure_logs() -> None:
    if sys.argv[1:3] != MAKES_A_KEY:
        logs.configure()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def commands(ctx: click.Context) -> None:
    """Moulin keeps the shops' store in step with its sources."""
    if ctx.invoked_subcommand not in SERVERS and "LOG_LEVEL" not in os.environ:
        # A person sees results and problems; a server's log holds every event.
        logging.getLogger().setLevel(logging.WARNING)


for module in (
    syncs, template, art_site, status, pauses, runs, failed, rejects, acts, batches, queues, keys,
    shops, terminals, products, stock, operators, connectors, store, processes,
):  # fmt: skip
    module.register(commands)


def main() -> None:
    """``python manage.py``."""
    if sys.argv[1:2] == ["demo"]:
        # It has settings of its own: not even wrong ones of yours may stop it.
        become(bare())
    commands(prog_name="manage.py")
