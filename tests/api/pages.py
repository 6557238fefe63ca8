"""What tests of pages share: where the pages are, what stands on one, and what they tell of."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

from db import bulk
from db.models import SyncRun
from db.session import writing
from db.work import states

HOME, LOGIN, APIKEYS, ADD = (
    "/",
    "/login",
    "/admin/inventory/apikey/",
    "/admin/inventory/apikey/add/",
)
STATUS = "/inventory/status/"
RUN = "/inventory/status/run"
STOP = "/inventory/status/stop"
PRODUCTS = "b2b.products"
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt;{{7*7}}\u202eevil"
VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """What stands on a page; fails when a tag is closed that is not open."""

    def __init__(self, answer):
        super().__init__()
        self.tags, self.links, self.sources = [], [], []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.forms, self.fields, self.labels, self.attributes = [], [], [], set()
        self.words = ""
        self.text = answer.get_data(as_text=True)
        self.feed(self.text)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.tags.append(tag)
        self.attributes |= told.keys()
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told["href"]] if "href" in told else []
        self.sources += [told["src"]] if "src" in told else []
        if tag == "form":
            self.forms.append((told["method"], told["action"], []))
        if tag == "input":
            self.fields.append(told)
            self.forms[-1][2].append(told.get("name"))
        if tag == "label":
            self.labels.append(told.get("for"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def run(status="succeeded", *, ago, sync=PRODUCTS, **columns):
    """A run that began so long ago, and what the sync's state says of it."""
    with writing() as session:
        now = bulk.now(session)
        began = now - ago
        over = status not in ("due", "running")
        row = SyncRun(sync=sync, options={}, trigger="cli", status=status, started_at=began,
                      finished_at=began if over else None, **columns)  # fmt: skip
        session.add(row)
        state = states.locked(session, sync)
        state.last_attempt_at = began
        if status in ("succeeded", "partial"):
            state.last_success_at = began
        if status == "failed":
            state.failures = 1
            if state.last_success_at is not None:
                state.last_success_at = began - timedelta(hours=1)
        if status == "running":
            state.lease_until = now + timedelta(minutes=5)
        session.flush()
        return row.id


def every_page(visitor):
    return [visitor.get(path) for path in (HOME, STATUS, LOGIN, APIKEYS, ADD)]
