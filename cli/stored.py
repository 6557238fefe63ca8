"""Commands that need the store: in this version's shape, each act under a correlation id."""

from __future__ import annotations

import click

from core.logs import correlation_scope
from db import migrate


class StoreCommand(click.Command):
    """Refuses a store that is not migrated before the command looks at it; help needs none."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        migrate.require_current()
        with correlation_scope():
            return super().invoke(ctx)


class StoreGroup(click.Group):
    """A group of such commands."""

    command_class = StoreCommand
