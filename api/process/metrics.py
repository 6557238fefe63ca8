"""``/metrics`` for Prometheus: the state of the store at this moment, read by small counts.

A registry an application, and nothing counted in memory: every web process answers the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flask import Blueprint, Flask, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.process import figures
from api.web.access import allow
from api.web.describe import Answer, describe
from db.session import reading
from db.work import outbox

Labels = tuple[str, ...] | str

bp = Blueprint("metrics", __name__)


def register(app: Flask) -> None:
    """Give ``app`` its registry."""
    registry = CollectorRegistry()
    registry.register(StoreCollector())
    app.extensions["metrics"] = registry


@bp.get("/metrics")
@allow("viewer", loopback=True)
@describe(Answer(media_type="text/plain", when="the text format of Prometheus"))
def metrics() -> Response:
    """The text format; a store that is away is a 503, never a row of zeros."""
    registry: CollectorRegistry = current_app.extensions["metrics"]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class StoreCollector(Collector):
    """Reads the store when it is scraped."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Runs, the age of data, what waits, and the tills."""
        with reading() as session:
            runs = figures.runs(session)
            ages = figures.ages(session)
            waiting = figures.waiting(session)
            tills = figures.tills(session)
            commands = outbox.count(session)
        yield _by("moulin_runs", "Runs the store remembers.", ("sync", "status"), runs.items())
        age = "Seconds since the last complete run began; missing until there was one."
        yield _by("moulin_last_success_age_seconds", age, ("sync",), ages.items())
        unended = "Commands to vendors that have not ended."
        yield _by("moulin_commands", unended, ("state",), commands.items())
        for name, text, value in (*_waits(waiting), *_till_figures(tills)):
            yield GaugeMetricFamily(name, text, value=value)


def _by(
    name: str, text: str, labels: Sequence[str], values: Iterable[tuple[Labels, float]]
) -> GaugeMetricFamily:
    """A figure for each of its labels' values."""
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values:
        gauge.add_metric((key,) if isinstance(key, str) else key, value)
    return gauge


def _waits(waiting: figures.Waiting) -> Iterator[tuple[str, str, float]]:
    yield "moulin_open_rejects", "Refused records that wait for a person.", waiting.rejects
    yield "moulin_open_failures", "Failed tasks that wait for a person.", waiting.failures
    without = "Articles on sale that no till can sell."
    yield "moulin_products_without_till", without, waiting.without_till
    yield "moulin_due_runs", "Runs that are due and that nobody has taken up.", waiting.runs


def _till_figures(tills: figures.Tills) -> Iterator[tuple[str, str, float]]:
    yield "moulin_waiting_batches", "Batches of sales that are not worked off.", tills.waiting
    age = "Seconds since the first of them was received; 0 when none waits."
    yield "moulin_oldest_waiting_batch_age_seconds", age, tills.oldest
    yield "moulin_failed_batches", "Batches of sales that wait for a person.", tills.failed
    yield "moulin_refused_sales", "Refused sales that wait for a person.", tills.refused
    newest = "The newest sale's id: it grows with each sale and may pass over some numbers."
    yield "moulin_sales", newest, tills.sales
    yield "moulin_terminals_seen", "Active terminals that were seen within a day.", tills.terminals
