#!/usr/bin/env python
"""The people's and cron's door: ``python manage.py COMMAND``."""

from cli import main

if __name__ == "__main__":
    main()
