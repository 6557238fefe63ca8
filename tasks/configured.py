"""One task for each sync of a configured connector; Celery imports this when settings are known."""

from __future__ import annotations

from syncs.registry import connectors
from tasks.syncs import sync_task

TASKS = {name: sync_task(sync) for name, sync in connectors().syncs.items()}
