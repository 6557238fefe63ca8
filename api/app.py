"""The application factory: which routes there are, and what every answer has in common."""

from __future__ import annotations

import logging

from flask import Flask

from api import autosync
from api.console import home, keys, login
from api.console import status as status_page
from api.hooks import oauth, webhooks
from api.openapi import docs
from api.ops import (
    acts,
    audit,
    batches,
    connectors,
    failures,
    inventory,
    outbox,
    queues,
    rejects,
    runs,
    shops,
    syncs,
    template,
)
from api.ops import webhooks as events
from api.process import folders, health, metrics
from api.storefront import status, synced
from api.till import articles, audience, history, sales, statistics, waiting
from api.web import access, answers, headers, idents, problems, sessions, static_files, tracing
from api.web.body import MOST_BYTES
from core import logs

PROCESS = (health.bp, metrics.bp, docs.bp)
OPS = (
    syncs.bp, runs.bp, failures.bp, rejects.bp, acts.bp, batches.bp, queues.bp, shops.bp, audit.bp,
    template.bp, inventory.bp, connectors.bp, events.bp,
    outbox.bp,
)  # fmt: skip
TILLS = (sales.bp, history.bp, statistics.bp, articles.bp)
STOREFRONT = (synced.bp, status.bp)
VENDORS = (oauth.bp, webhooks.bp)
CONSOLE = (home.bp, status_page.bp, login.bp, keys.bp, static_files.bp)


HOOKS = (tracing, headers, sessions, access, audience, login, problems, metrics, docs, folders)
"""What every request passes, in this order, before its view."""


def create_app() -> Flask:
    """The application, for any WSGI server; ``ConfigurationError`` when a setting is wrong."""
    logs.configure()
    # Each look at the store's revision would be two lines.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    app = Flask("api", static_folder=None)
    _configure(app)
    for module in HOOKS:
        module.register(app)
    for blueprint in (*PROCESS, *OPS, *TILLS, *STOREFRONT, *CONSOLE, *VENDORS):
        app.register_blueprint(blueprint)
    autosync.register(app)
    return app


def _configure(app: Flask) -> None:
    app.debug = False
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config["MOST_WAITING"] = waiting.MOST_WAITING
    # An OPTIONS route beside each route would serve nobody: no client is on another origin.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.url_map.converters["ident"] = idents.IdentConverter
    app.json = answers.Codec(app)
