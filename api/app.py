"""The application factory: which doors there are, and what every answer has in common."""

from __future__ import annotations

import logging

from flask import Flask

from api import (
    access,
    answers,
    autosync,
    docs,
    headers,
    home,
    idents,
    metrics,
    problems,
    process,
    sessions,
    static_files,
    template,
    tracing,
)
from api.body import MOST_BYTES
from api.inventory import doors, summary, synced
from api.ops import audit, batches, failures, rejects, runs, syncs
from api.pages import keys, login, views
from api.till import articles, history, sales, statistics, waiting
from core import logs

BLUEPRINTS = (
    home.bp,
    process.bp,
    metrics.bp,
    docs.bp,
    syncs.bp,
    runs.bp,
    failures.bp,
    rejects.bp,
    batches.bp,
    audit.bp,
    template.bp,
    sales.bp,
    history.bp,
    statistics.bp,
    articles.bp,
    synced.bp,
    summary.bp,
    doors.bp,
    views.bp,
    login.bp,
    keys.bp,
    static_files.bp,
)


def create_app() -> Flask:
    """The application, for any WSGI server; ``ConfigurationError`` when a setting is wrong."""
    logs.configure()
    # Each look at the store's revision would be two lines.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    app = Flask("api", static_folder=None)
    app.debug = False
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config["MOST_WAITING"] = waiting.MOST_WAITING
    # OPTIONS would be a door beside each door, and nobody here asks from another origin.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.url_map.converters["ident"] = idents.IdentConverter
    app.json = answers.Codec(app)
    tracing.register(app)
    headers.register(app)
    sessions.register(app)
    access.register(app)
    login.register(app)
    problems.register(app)
    metrics.register(app)
    docs.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    autosync.register(app)
    return app
