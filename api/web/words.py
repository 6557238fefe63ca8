"""The API's sentences for advice: each names the request that helps."""

from __future__ import annotations

from core.advice import Sentence, in_words
from syncs.views.shops import Unsold

WORDS = {
    "site taken": "{said}: POST /api/ops/shops/{shop}/set with site_id null takes it away.",
    "shop deactivated": "{said}: POST /api/ops/shops/{shop}/restore takes it into use again.",
    "shop is default": "{said}: POST /api/ops/shops/ID/set with is_default makes another one so.",
    "shop sells from": "{said}: POST /api/ops/shops/{shop}/set with sells_from null ends that.",
    "shop has stock": "{said}: move_articles_to gives them to another shop.",
    "reauthorize": "{connector} must be authorised by somebody with a terminal on the server.",
    "newer run": "{said}: GET /api/ops/runs/{run}.",
    "dismiss unread": "{said}; POST /api/ops/failures/{failure}/dismiss closes it.",
    "sync paused": "{said}: POST /api/ops/syncs/{sync}/resume ends that.",
    "sync needs_approval": "{said}: GET /api/ops/runs/{approve}, then POST "
    "/api/ops/runs/{approve}/approve if that is right.",
    "sync failing": "{said}. When that is cured: POST /api/ops/syncs/{sync}/run, or, for tasks "
    "that failed, POST /api/ops/failures/retry with the filter task sync.{sync}.",
    "sync late": "{said}: is a worker running? POST /api/ops/syncs/{sync}/run asks for a run.",
    "sync never_run": "{said}: POST /api/ops/syncs/{sync}/run asks for a run.",
    "sync partial": "{said}: GET /api/ops/runs/{run} and GET /api/ops/rejects?sync={sync} tell "
    "what is missing.",
}
"""By the advice that the sentence carries."""


UNSOLD = {
    "no_site": "No till sells {articles} of the articles, which are in no shop and name no site: "
    "POST /api/ops/shops if there is no shop, then POST /api/ops/syncs/b2b.products/run.",
    "no_shop": "No till sells {articles} of the articles, which name site {site_id}, and no shop "
    "has it: POST /api/ops/shops/ID/set, then POST /api/ops/syncs/b2b.products/run.",
    "deactivated": "No till sells {articles} of the articles in stock, for their shop {shop_id} "
    "({shop}) is deactivated: POST /api/ops/shops/{shop_id}/deactivate with move_articles_to, or "
    "POST /api/ops/shops/{shop_id}/restore.",
    "no_terminal": "No till sells {articles} of the articles, for their shop {shop_id} ({shop}) "
    "has no active terminal: POST /api/ops/shops/ID/set with sells_from gives them to another "
    "shop's tills.",
}
"""By the reason why no till can sell articles."""


def unsold(which: Unsold) -> str:
    """Why no till can sell some articles, and the request that cures it."""
    return UNSOLD[which.reason].format(**which.dump())


def sentence(text: Sentence) -> str:
    """The sentence as a client of the API reads it."""
    return in_words(text, WORDS)
