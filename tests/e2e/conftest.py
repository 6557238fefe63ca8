"""A browser before the whole: web process, worker, Redis, and a source that takes its time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from db.access import operators
from db.session import writing
from sandbox import b2b
from sandbox.faults import Slow
from tests import chromium
from tests.processes.conftest import Family, Started
from tests.servers import Redis

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",
)  # fmt: skip
SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PATIENCE = 60_000
"""Milliseconds; a busy machine is no failure."""


class Reader:
    """A person before a page, and what the browser has to complain about."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home
        self.page: Page = context.pages[0]
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.loads: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.on("request", self._asks)
        context.on("console", lambda message: self._says(message.type, message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("requestfailed", self._fails)

    def open(self, path: str) -> None:
        """Go there; the answer is a page."""
        answer = self.page.goto(self.home + path)
        assert answer is not None
        assert answer.ok, answer.status

    def log_in(self, token: str) -> None:
        """By the form."""
        self.page.get_by_role("navigation").get_by_role("link", name="Connexion").click()
        self.page.get_by_label("Jeton").fill(token)
        self.page.get_by_role("button", name="Se connecter").click()
        self.page.get_by_role("button", name="Déconnexion").wait_for()

    def section(self, sync: str) -> Any:
        """What the page says of a sync."""
        return self.page.locator(f"section[id='{sync}']")

    def overflows(self) -> int:
        """Pixels that stand out at the side."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found: int = self.page.evaluate(script)
        return found

    def shoot(self, name: str) -> None:
        """Keep a picture for the documentation, when somebody asks for pictures."""
        if os.environ.get("MOULIN_SCREENSHOTS"):
            SHOTS.mkdir(exist_ok=True)
            self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def is_content(self) -> None:
        """No error in the console, no request to any other host."""
        assert self.complaints == []
        assert self.elsewhere == []

    def _asks(self, request: Any) -> None:
        if not request.url.startswith(self.home + "/"):
            self.elsewhere.append(request.url)
        if request.is_navigation_request():
            self.loads.append(urlsplit(request.url).path)

    def _says(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _fails(self, request: Any) -> None:
        # A look that a click overtakes is broken off, and that is all right.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"{request.url}: {request.failure}")


Browse = Callable[..., AbstractContextManager[Reader]]


@pytest.fixture(scope="session")
def program() -> str:
    """The browser; without one these tests fail, for a skip proves nothing."""
    found = chromium.find()
    if found is None:
        pytest.fail(chromium.MISSING, pytrace=False)
    return found


@pytest.fixture
def source() -> Iterator[b2b.B2B]:
    """600 products in six pages, each of which takes its time."""
    with b2b.serve(products=600, seed=1) as served:
        served.faults.add(Slow(endpoint=b2b.PRODUCTS, seconds=2))
        yield served


@pytest.fixture
def site(store: Any, source: b2b.B2B, empty_redis: Redis, tmp_path: Path) -> Iterator[str]:
    """The address of the web process, with a worker behind it."""
    family = Family(tmp_path)
    family.env |= {
        "DATABASE_URL": store.database_url,
        "INVENTORY_ENCRYPTION_KEY": store.inventory_encryption_key.get_secret_value(),
        "REDIS_URL": empty_redis.url,
        "B2B_API_URL": source.url,
        "B2B_API_KEY": source.key,
        # Pages shall wake nothing here: the button does.
        "AUTO_SYNC_PATHS": "",
    }
    worker = family.celery("worker", "-c", "2")
    web = family.python("manage.py", "web", "--port", "0")
    try:
        web.says("Listening on")
        worker.says("ready.")
        yield address(web)
    finally:
        family.end()


def address(web: Started) -> str:
    """Where it listens."""
    return web.said().partition("Listening on ")[2].split()[0]


@pytest.fixture
def token(store: Any) -> str:
    """Of an admin named Inès."""
    with writing() as session:
        return operators.add(session, name="Inès", role="admin")[1]


@pytest.fixture
def browse(program: str, site: str, tmp_path: Path) -> Iterator[Browse]:
    """``with browse(width=390, language="fr-FR") as reader:``, a browser of its own."""
    with ExitStack() as over:
        playwright = over.enter_context(sync_playwright())
        numbers = iter(range(100))

        @contextmanager
        def opened(*, width: int = 1280, language: str = "fr-FR", **more: Any) -> Iterator[Reader]:
            context = playwright.chromium.launch_persistent_context(
                tmp_path / f"browser-{next(numbers)}",
                executable_path=program,
                headless=True,
                args=list(FLAGS),
                viewport={"width": width, "height": 844},
                locale=language,
                timeout=PATIENCE,
                **more,
            )
            try:
                yield Reader(context, site)
            finally:
                context.close()

        yield opened
