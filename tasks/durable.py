"""The base of every task: what fails for good is kept with its exact arguments."""

from __future__ import annotations

from billiard.einfo import ExceptionInfo
from celery import Task
from sqlalchemy.exc import DBAPIError

from core.logs import bind_correlation_id, get_logger
from db.session import writing
from db.work import failures
from syncs.trying import attempt

log = get_logger(__name__)


class DurableTask(Task[..., None]):
    """Keeps a failure in ``failed_tasks``. Syncs keep their own, with every attempt: see
    ``syncs.running.ending``; they set ``keeps_failures`` to False.
    """

    abstract = True
    keeps_failures = True

    def before_start(
        self, task_id: str, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        """A message brings no correlation id; the row it names may."""
        bind_correlation_id(None)

    def on_failure(
        self,
        exc: BaseException,
        task_id: str,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        einfo: ExceptionInfo,
    ) -> None:
        """Record it, unless the task does so itself."""
        if not self.keeps_failures:
            return
        info = self.request.delivery_info or {}
        try:
            with writing() as session:
                failures.record(
                    session,
                    task=self.name,
                    task_id=task_id,
                    args=args,
                    kwargs=kwargs,
                    queue=info.get("routing_key") or "",
                    attempts=[attempt(exc, task_id)],
                )
        except DBAPIError:
            log.exception("failure.not_kept", task=self.name, task_id=task_id)
