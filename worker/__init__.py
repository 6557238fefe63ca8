"""The Celery app: ``celery -A worker worker|beat|flower``."""

import gc

# As in `manage.py`. What is frozen is shared with the children for good.
gc.disable()

from worker.celery import app  # noqa: E402, once the collector rests

gc.freeze()
gc.enable()

__all__ = ["app"]
