"""``/oauth/callback``: a browser comes back from a vendor, where a person let us in or not."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from api.console import page
from api.console.answers import PAGE
from api.web.access import allow
from api.web.describe import HTML, Answer, describe
from syncs.acts import connectors as acts

bp = Blueprint("oauth", __name__)
page.answers_as_page(bp)

STATUS = {"connected": 200, "denied": 403, "refused": 403, "unreachable": 502, None: 404}


@bp.get("/oauth/callback")
@allow("public")
@describe(
    PAGE,
    Answer(status=403, media_type=HTML, when="the person or the vendor said no"),
    Answer(status=404, media_type=HTML, when="the link is unknown, used or too old"),
    Answer(status=502, media_type=HTML, when="the vendor does not answer"),
    shares=("PageStoreAway",),
)  # fmt: skip
def callback() -> ResponseReturnValue:
    """Keep what was granted, once; whoever began it is known by the ``state``."""
    done = acts.finish(request.args.get("state", ""), request.args.get("code"))
    # Without the code in their own address the links of the page lead to another one.
    return page.render(
        "callback", status=STATUS[done.outcome], here=url_for("pages.status"),
        connector=done.connector, outcome=done.outcome or "unknown",
    )  # fmt: skip
