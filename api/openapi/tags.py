"""The groups of operations, in the order in which the page shows them."""

from __future__ import annotations

from api.web import audiences

TAGS = {
    "process": "How this process is, and what it is.",
    "tills": "Sales in, and the shop's own figures and articles out.",
    "catalogue": "What was synced and how old it is, for storefronts and shopkeepers.",
    "pages": "For people, in French and English; what a form sends is on the page that has it.",
    "syncs": "Every declared sync: run, paused and resumed.",
    "runs": "What was run and how it ended; cancel one, approve its deletions.",
    "failures": "Tasks that finally failed; retry or dismiss them.",
    "rejects": "Records that were refused; try them again after a fix, or discard them.",
    "acts": "Acts on many rows, carried out in slices; look at one, or stop it.",
    "batches": "What tills sent, one request each, and what became of it.",
    "webhooks": "What vendors announce, and what became of it.",
    "queues": "What lies in the broker: rings for work that the store knows; purge them.",
    "connectors": "The configured connectors of vendors: their state, calls and commands.",
    "outbox": "Commands to vendors and what came of them; agree to one, say what came of one.",
    "shops": "The shops of the chain: add one, change one, take one out of use.",
    "audit": "Who did what, and why.",
    "template": "The art site: bring all of it in, ask how it is.",
}

_OPS = "/api/ops/"
_CATALOGUE = ("/api/inventory/", "/inventory/")
_PAGES = (
    "/inventory/status/",
    "/admin/inventory/apikey/",
    "/login",
    "/logout",
    "/oauth/",
    "/static/",
)
_TEMPLATE = "/admin/api/"
_WEBHOOKS = "/webhooks/"


def tag_of(path: str) -> str:
    """The group of a path: its audience's, an operation's first word, the pages, the catalogue,
    else the process itself.
    """
    audience = audiences.of_path(path)
    if audience is not None:
        return audience.tag
    if path.startswith(_PAGES):
        return "pages"
    if path.startswith(_CATALOGUE):
        return "catalogue"
    if path.startswith(_WEBHOOKS):
        return "webhooks"
    if path.startswith(_TEMPLATE):
        return "template"
    return path.removeprefix(_OPS).partition("/")[0] if path.startswith(_OPS) else "process"
