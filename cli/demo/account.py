"""What the demo prints, and whether each promise it made was kept."""

from __future__ import annotations

import sys

import click


class Account:
    """Prints the demo to stdout; keeps each broken promise."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self._acts = 0
        for stream in (sys.stdout, sys.stderr):
            # A terminal that knows no tick gets a question mark, not a traceback.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")

    def act(self, title: str) -> None:
        """Begin a chapter."""
        self._acts += 1
        click.echo(f"\n{self._acts}. {title}")

    def tell(self, text: str) -> None:
        """Print what is being done, or why."""
        click.echo(f"   {text}")

    def command(self, *words: str) -> None:
        """Show what you would type."""
        click.echo(f"   $ python manage.py {' '.join(words)}")

    def expect(self, promise: str, *, found: object, wanted: object) -> None:
        """Print that ``promise`` was kept, or how it was not."""
        if found == wanted:
            click.echo(f"   ✓ {promise}")
            return
        self.differences.append(f"{promise}: expected {wanted}, found {found}")
        click.echo(f"   ✗ {self.differences[-1]}")
