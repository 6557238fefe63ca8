"""One try of a run or a task that failed."""

from __future__ import annotations

from api.web.shapes import Kept, Text


class Attempt(Kept):
    """One try's error; no value of a record is in it."""

    at: Text = None
    type: str
    code: Text = None
    message: str
    traceback: Text = None
    task_id: Text = None
