"""What Celery runs: thin, ids and options only."""

from tasks.local import sync_categories_auto, sync_products_auto

__all__ = ["sync_categories_auto", "sync_products_auto"]
