"""Commands, one module a subject. Data goes to stdout, progress and messages to stderr."""

from cli.app import main

__all__ = ["main"]
