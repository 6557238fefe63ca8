"""The API's sentences for advice: each names the request that helps."""

from __future__ import annotations

from core.advice import Sentence, in_words

WORDS = {
    "site taken": "{said}: POST /api/ops/shops/{shop}/set with site_id null takes it away.",
    "shop deactivated": "{said}: POST /api/ops/shops/{shop}/restore takes it into use again.",
    "shop is default": "{said}: POST /api/ops/shops/ID/set with is_default makes another one so.",
    "shop sells from": "{said}: POST /api/ops/shops/{shop}/set with sells_from null ends that.",
    "shop has stock": "{said}: move_articles_to gives them to another shop.",
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
