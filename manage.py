#!/usr/bin/env python
"""The people's and cron's door: ``python manage.py COMMAND``."""

from core import garbage

# Looking for garbage while importing would cost a fifth of the start.
garbage.rest()

from cli import main  # noqa: E402, once the collector rests

garbage.settle()

if __name__ == "__main__":
    main()
