"""The base of every task: what it can be asked for, and what fails for good is kept with its exact
arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache

from billiard.einfo import ExceptionInfo
from celery import Task, current_app
from pydantic import TypeAdapter
from sqlalchemy.exc import DBAPIError

from core.document import Json
from core.errors import RefusedError
from core.logs import bind_correlation_id, get_logger
from core.messages import ARGUMENTS, TASK, Message, UnreadError
from db.session import writing
from db.work import failures
from syncs.trying import attempt

log = get_logger(__name__)

LARGEST_ID = 2**63
"""What a column of ids can hold is below."""


class DurableTask(Task[..., None]):
    """Keeps a failure in ``failed_tasks``. Syncs keep their own, with every attempt: see
    ``syncs.running.ending``; they set ``keeps_failures`` to False.
    """

    abstract = True
    keeps_failures = True

    def check_arguments(self, args: Sequence[object], kwargs: Json) -> None:
        """``TypeError``, ``ValueError`` or ``RefusedError`` unless the task can be called so."""
        signature = inspect.signature(self.run, eval_str=True)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            _adapter(signature.parameters[name].annotation).validate_python(value, strict=True)
            if isinstance(value, int) and not 0 <= value < LARGEST_ID:
                raise ValueError(name)

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


def check_message(message: Message) -> None:
    """``UnreadError`` unless it asks for a task of ours, with arguments that the task takes."""
    task = current_app.tasks.get(message.task)
    if not isinstance(task, DurableTask):
        raise UnreadError(TASK, "it asks for a task that is not ours")
    try:
        task.check_arguments(message.args, message.kwargs)
    except (TypeError, ValueError, RefusedError):
        raise UnreadError(ARGUMENTS, "its task does not take these arguments") from None


@cache
def _adapter(kind: type[object]) -> TypeAdapter[object]:
    return TypeAdapter(kind)
