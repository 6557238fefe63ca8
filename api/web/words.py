"""The API's sentences for advice: each names the request that helps."""

from __future__ import annotations

from core.advice import Sentence, in_words

WORDS = {
    "newer run": "{said}: GET /api/ops/runs/{run}.",
    "dismiss unread": "{said}; POST /api/ops/failures/{failure}/dismiss closes it.",
    "sync paused": "{said}: POST /api/ops/syncs/{sync}/resume ends that.",
    "sync needs_approval": "{said}: GET /api/ops/runs/{approve}, then POST "
    "/api/ops/runs/{approve}/approve if that is right.",
    "sync failing": "{said}. When that is cured: POST /api/ops/syncs/{sync}/run, or, for tasks "
    "that failed, POST /api/ops/failures/retry with the task sync.{sync}.",
    "sync late": "{said}: is a worker running? POST /api/ops/syncs/{sync}/run asks for a run.",
    "sync never_run": "{said}: POST /api/ops/syncs/{sync}/run asks for a run.",
    "sync partial": "{said}: GET /api/ops/runs/{run} and GET /api/ops/rejects?sync={sync} tell "
    "what is missing.",
}
"""By the advice that the sentence carries."""


def sentence(text: Sentence) -> str:
    """The sentence as a client of the API reads it."""
    return in_words(text, WORDS)
