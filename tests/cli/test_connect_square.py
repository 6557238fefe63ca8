"""The guide to Square, followed as it is written: its files, its commands, what they print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

import api
import core.settings
from api.bell import BELL
from cli import words
from db.models import PosItem, PosTransaction
from db.session import reading
from sandbox import square
from syncs import configured
from syncs.views.silence import Silence
from syncs.webhooks.process import process
from tests.api.door import listening
from tests.cli.conftest import Cli
from tests.connectors.folder import forget_process

PAGE = (Path(__file__).parents[2] / "docs/how-to/connect-square.md").read_text("utf-8")
FENCED = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
THE_FILE, WEBHOOK, APPLICATION, STAND_IN = (text for kind, text in FENCED if kind == "yaml")
(PRICES,) = (text for kind, text in FENCED if kind == "json")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ADDRESS = "http://127.0.0.1:9402"
ONE_SHOP = THE_FILE.replace("    LFICTIVE2: 2\n", "")
SOLD = 5000

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def steps(heading: str) -> list[tuple[list[str], str]]:
    """The commands under a heading, each with what the page says that it prints."""
    section = PAGE.partition(f"# {heading}\n")[2].partition("\n## ")[0]
    command = r"^    \$ python manage\.py (.+)\n((?:    [^$].*\n)*)"
    found = re.findall(command, section, re.MULTILINE)
    return [(shlex.split(line), output) for line, output in found]


def is_printed(expected: str, output: str) -> bool:
    """Whether ``output`` is as ``expected``, in which … is anything; times and blanks at the ends
    of lines may differ.
    """
    wanted, printed = (
        "\n".join(line.strip() for line in TIME.sub("(a time)", text).strip().splitlines())
        for text in (expected, output)
    )
    pattern = ".*".join(map(re.escape, wanted.split("…")))
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


@dataclass
class Reader:
    """Somebody who does what the page says, at the stand-in ``source``."""

    source: square.Square
    web: str
    folder: Path
    cli: Cli

    def write(self, *parts: str) -> None:
        """Write the file, and begin as a process does that is started after it."""
        text = "".join(parts).replace("https://OUR.HOST", self.web)
        self.folder.mkdir(exist_ok=True)
        (self.folder / "pos.yaml").write_text(text, "utf-8")
        configured.read.cache_clear()

    def follow(self, heading: str) -> None:
        """Do the commands of a section; each prints what the page says."""
        for command, expected in steps(heading):
            self.do(command, expected)

    def do(self, command: list[str], expected: str) -> None:
        """Do one command."""
        output = self.cli(*command).output
        assert is_printed(expected, output), (command, output)

    def curl(self, what: str) -> None:
        """Do what the page has ``curl`` do to the stand-in at ``/_sandbox/<what>``."""
        (line,) = re.findall(rf"^    curl http://\S+?(/\S*{what} [^']*'[^']*')", PAGE, re.MULTILINE)
        line = line.replace("\\\n", "").replace("http://127.0.0.1:8000", self.web)
        path, *options = shlex.split(line)
        method = "PATCH" if "PATCH" in options else "POST"
        url = f"{self.source.url}{path}"
        requests.request(method, url, data=options[-1], timeout=10).raise_for_status()

    def searches(self) -> int:
        """How many pages of orders were asked for since this was last called."""
        paths = [entry.path for entry in self.source.log.entries()]
        self.source.log.clear()
        return paths.count("/v2/orders/search")


@pytest.fixture
def reader(store, cli, monkeypatch, tmp_path) -> Iterator[Reader]:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("CONNECTORS_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("SQUARE_TOKEN", square.DEMO_TOKEN)
    monkeypatch.setenv("SQUARE_SIGNATURE_KEY", "a signature key")
    monkeypatch.chdir(tmp_path)
    core.settings.reset()
    (tmp_path / "prices.json").write_text(PRICES, "utf-8")
    with square.serve(locations=12, sales=SOLD) as source, listening(api.create_app()) as port:
        yield Reader(source, f"http://127.0.0.1:{port}", tmp_path / "config", cli)
    forget_process()


def stored() -> dict[str, int]:
    """How many transactions and items there are, and how many transactions are in a shop."""
    with reading() as session:
        return {
            "transactions": session.scalar(select(func.count(PosTransaction.id))) or 0,
            "in shops": session.scalar(select(func.count(PosTransaction.shop_id))) or 0,
            "items": session.scalar(select(func.count()).select_from(PosItem)) or 0,
        }


@on_sqlite
def test_the_guide_runs_as_it_is(reader, monkeypatch):
    rung: list[int] = []
    monkeypatch.setattr(BELL, "ring", lambda task, ident: rung.append(ident))
    local = STAND_IN.replace(ADDRESS, reader.source.url)
    reader.follow("Connect Square")
    reader.write(THE_FILE, local)
    reader.follow("3. Look at it")

    since, whole, changed, *others = steps("4. Bring it in")
    reader.do(*since)
    reader.do(*whole)
    assert reader.searches() == 2 * 11
    reader.curl("sales")
    reader.do(*changed)
    assert reader.searches() == 2
    for each in others:
        reader.do(*each)
    items = sum(len(order["line_items"]) for order in reader.source.orders.values())
    assert stored() == {"transactions": SOLD + 2, "in shops": 834, "items": items}

    reader.follow("5. Send prices out")
    assert reader.source.catalogue.upserts[0]["batches"]
    reader.write(THE_FILE, local, WEBHOOK)
    reader.curl("knobs")
    reader.curl("webhooks")
    for event in rung:
        process(event)
    reader.follow("6. Have Square announce what is sold")
    paths = [entry.path for entry in reader.source.log.entries()]
    assert (rung, paths.count("/v2/orders/ORD0000001")) == ([1], 1)


@dataclass(frozen=True)
class Wrong:
    """Something that is wrong: how it comes about, and how the page's row about it begins."""

    said: str
    file: str = ONE_SHOP
    token: str = square.DEMO_TOKEN
    at: str | None = None
    exits: int = 0


@on_sqlite
@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("square.auth.token: ", token="", exits=78),
        Wrong("square.auth: 401 from ", token="EAAAother", exits=1),
        Wrong("square.shops.LFICTIVE2: ", file=THE_FILE, exits=78),
        Wrong("square.shops.LFICTIVE3: "),
        Wrong("square: GET /v2/locations: ", at="http://127.0.0.1:9", exits=69),
        Wrong("'python manage.py connectors authorize square' ", file=APPLICATION, exits=1),
    ],
    ids=lambda wrong: wrong.said.strip(": "),
)
def test_what_the_page_says_of_something_wrong_is_what_is_said(reader, monkeypatch, wrong):
    monkeypatch.setenv("SQUARE_TOKEN", wrong.token)
    monkeypatch.setenv("SQUARE_SECRET", "a secret")
    reader.cli("shop", "add", "--name", "Moulin Belleville")
    reader.write(wrong.file, STAND_IN.replace(ADDRESS, wrong.at or reader.source.url))

    said = reader.cli("connectors", "check", "square", exit=wrong.exits).stderr

    (row,) = re.findall(rf"^\| `({re.escape(wrong.said)}.*?)` \|", PAGE, re.MULTILINE)
    assert any(is_printed(row, line) for line in said.splitlines()), said


def test_the_rows_about_processes_and_silence_are_what_is_said():
    rows = re.findall(r"^\| `(.*?)` \|", PAGE, re.MULTILINE)
    silence = Silence(connector="square", since=None)

    for said in (words.differing([]), words.silent(silence, since="never")):
        assert any(is_printed(row, said) for row in rows)
