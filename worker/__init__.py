"""The Celery app: ``celery -A worker worker|beat|flower``."""

from worker.celery import app

__all__ = ["app"]
