#!/usr/bin/env python
"""The people's and cron's door: ``python manage.py COMMAND``."""

import gc

# What imports make stays: looking for garbage meanwhile would cost a fifth of the start.
gc.disable()

from cli import main  # noqa: E402, once the collector rests

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
