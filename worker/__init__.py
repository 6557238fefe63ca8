"""The Celery app: ``celery -A worker worker|beat|flower``."""

from core import garbage

# As in `manage.py`.
garbage.rest()

from worker.celery import app  # noqa: E402, once the collector rests

garbage.settle()

__all__ = ["app"]
