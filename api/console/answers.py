"""What pages answer, for the document."""

from __future__ import annotations

from api.web.describe import HTML, Answer

PAGE = Answer(media_type=HTML)
SEE_OTHER = Answer(status=303, media_type=HTML, when="it is done", headers=("Location",))
FOREIGN = Answer(status=403, media_type=HTML, when="the form is none of ours, or too old")
CONFLICT = Answer(status=409, media_type=HTML, when="there is no such thing any more")


def wrong(when: str) -> Answer:
    """A field of the form is wrong."""
    return Answer(status=422, media_type=HTML, when=when)
