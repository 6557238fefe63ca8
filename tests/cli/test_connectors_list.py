"""``connectors list``, ``check`` and ``calls``: every state, every exit code, every problem."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.pos import SquareConnector
from connectors.tokens import Tokens
from core import settings
from db.session import writing
from db.work import folders
from sandbox import square
from sandbox.faults import Status
from sandbox.square import orders
from syncs import registry
from syncs.registry import SYNCS
from syncs.tokens import StoredTokens
from tests.connectors.folder import configure, forget_process, square_at
from tests.syncs.running import sync_now

OAUTH = {"method": "oauth2", "client_id": "app", "pkce": True, "scopes": ["ORDERS_READ", "ITEMS"]}
LATER = datetime.now(UTC) + timedelta(days=60)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def source() -> Iterator[square.Square]:
    with square.serve() as served:
        yield served


@pytest.fixture
def folder(told, monkeypatch, tmp_path):
    place = tmp_path / "connectors"
    monkeypatch.setenv("B2B_API_KEY", "k")
    settings.reset()
    told("shop", "add", "--name", "Moulin")

    def given(**connectors: object) -> None:
        nonlocal place
        place = place / "next"
        configure(monkeypatch, place, **connectors)

    yield given
    forget_process()


def keep(**more: object) -> None:
    tokens = Tokens(access_token="a", refresh_token="r", **more)  # type: ignore[arg-type]  # fields
    assert StoredTokens("square").keep(tokens, instead_of=None)


def test_a_connector_is_listed_as_ok(folder, source, told):
    folder(square=square_at(source.url, capabilities={"push_prices": False}))

    (line,) = told("connectors", "list")["connectors"]

    capabilities = line.pop("capabilities")
    assert line == {
        "name": "square",
        "family": "pos",
        "vendor": "square",
        "state": "ok",
        "breaker": "closed",
        "expires_at": None,
    }
    assert capabilities["get_transactions"]
    assert not capabilities["push_prices"]
    assert source.log.entries() == []


@on_sqlite
def test_check_asks_for_something_small(folder, source, told):
    folder(square=square_at(source.url))

    (line,) = told("connectors", "check", "square")["connectors"]

    assert (line["state"], line["problems"]) == ("ok", [])
    assert [entry.path for entry in source.log] == ["/v2/locations"]


@on_sqlite
def test_no_connector_is_no_error(folder, told, cli):
    folder()

    assert told("connectors", "list") == told("connectors", "check") == {"connectors": []}
    assert "No connector is configured" in cli("connectors", "list").stderr
    assert "'connectors list'" in cli("connectors", "check", "square", exit=1).stderr


@on_sqlite
def test_a_refused_key_is_told_until_a_call_goes_well(folder, source, told, cli):
    folder(square=square_at(source.url))
    grant = source.tokens.pop(square.DEMO_TOKEN)

    (line,) = told("connectors", "check", exit=1)["connectors"]
    forget_process()

    assert line["state"] == "refused"
    assert line["problems"][0]["path"] == "square.auth"
    assert square.DEMO_TOKEN not in str(line)
    assert told("connectors", "list")["connectors"][0]["state"] == "refused"
    source.tokens[square.DEMO_TOKEN] = grant
    assert told("connectors", "check")["connectors"][0]["state"] == "ok"
    forget_process()
    assert told("connectors", "list")["connectors"][0]["state"] == "ok"


@on_sqlite
def test_missing_scopes_are_a_refusal_with_the_vendors_word(folder, source, told):
    folder(square=square_at(source.url))
    source.tokens[square.DEMO_TOKEN].scopes = frozenset({"ORDERS_READ"})

    (line,) = told("connectors", "check", exit=1)["connectors"]

    assert line["state"] == "refused"
    assert "INSUFFICIENT_SCOPES" in line["problems"][0]["message"]


@on_sqlite
def test_a_vendor_that_does_not_answer_is_unreachable(folder, source, told):
    folder(square=square_at(source.url))
    source.faults.add(Status(status=503))

    (line,) = told("connectors", "check", exit=69)["connectors"]
    forget_process()

    assert (line["state"], line["problems"][0]["path"]) == ("unreachable", "square")
    assert told("connectors", "list")["connectors"][0]["state"] == "unreachable"


@on_sqlite
def test_a_wrong_one_beside_a_good_one_is_named_and_nobody_else_suffers(folder, source, told, cli):
    folder(
        square=square_at(source.url),
        bar={"vendor": "square", "auth": {"method": "bearer", "token": "hunter2"}},
    )

    checked = {it["name"]: it for it in told("connectors", "check", exit=78)["connectors"]}

    assert (checked["square"]["state"], checked["bar"]["state"]) == ("ok", "invalid")
    assert checked["bar"]["capabilities"] == {}
    paths = [problem["path"] for problem in checked["bar"]["problems"]]
    assert paths == ["bar.auth.token"]
    assert "hunter2" not in str(checked)
    assert told("connectors", "check", "square")["connectors"][0]["name"] == "square"
    problem = "bar.auth.token: is written out"
    assert any(each.startswith(problem) for each in told("check", exit=78)["problems"])
    assert problem in cli("status").stderr
    assert problem in cli("connectors", "list").stderr
    assert "square.products" in cli("sync", "--help").stdout


@on_sqlite
@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("square: {auth: {method: bearer, token: '${UNSET}'}}", "square.auth.token: UNSET is not"),
        ("square:\n\tauth:", "pos.yaml: line 2: a tab"),
    ],
)
def test_who_asks_for_one_that_is_wrong_reads_why(folder, cli, file, problem):
    folder()
    (settings.settings().connectors_dir / "pos.yaml").write_text(file, "utf-8")

    for command in (
        ("sync", "square.transactions"),
        ("syncs", "pause", "square.transactions", "--why", "it"),
        ("connectors", "authorize", "square"),
        ("connectors", "check", "square"),
        ("connectors", "do", "square", "push_prices", "--input", "-"),
    ):
        assert problem in cli(*command, exit=78, stdin="{}").stderr

    cli("sync", "b2b.nothing", exit=2)


@on_sqlite
def test_without_tokens_it_must_be_authorised_and_nobody_is_asked(folder, source, told, cli):
    folder(square=square_at(source.url, auth=OAUTH))

    (line,) = told("connectors", "check", exit=1)["connectors"]

    assert (line["state"], line["expires_at"]) == ("reauthorize", None)
    assert line["problems"] == [{"path": "square.auth", "message": "must be authorised"}]
    assert source.log.entries() == []
    assert "connectors authorize square" in cli("status").stderr


@on_sqlite
def test_tokens_that_were_refused_are_told(folder, source, told):
    folder(square=square_at(source.url, auth=OAUTH))
    keep(refused=True)

    assert told("connectors", "list")["connectors"][0]["state"] == "reauthorize"


@on_sqlite
@pytest.mark.parametrize(("days", "warned"), [(8, False), (6, True)])
def test_the_end_of_an_authorisation_is_told_a_week_before(folder, source, told, cli, days, warned):
    folder(square=square_at(source.url, auth=OAUTH))
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days, hours=1)
    keep(refresh_expires_at=end, expires_at=LATER)

    (line,) = told("connectors", "list")["connectors"]

    assert (line["state"], line["expires_at"]) == ("ok", end.isoformat(timespec="milliseconds"))
    sentence = f"square.auth: the authorisation ends on {end:%Y-%m-%d}"
    assert (sentence in cli("status").stderr) is warned
    problems = told("check", exit=3 if warned else 0)["problems"]
    assert any(each.startswith(sentence) for each in problems) is warned


@on_sqlite
def test_a_scope_that_was_not_granted_is_named(folder, source, told):
    folder(square=square_at(source.url, auth=OAUTH))
    keep(scope="ORDERS_READ")

    (line,) = told("connectors", "list")["connectors"]

    assert line["state"] == "refused"


@on_sqlite
def test_a_webhook_that_nobody_knows_the_address_of_is_named(folder, source, told, monkeypatch):
    monkeypatch.setenv("SIGNATURE_KEY", "k")
    folder(square=square_at(source.url, webhook={"signature_key": "${SIGNATURE_KEY}"}))

    (line,) = told("connectors", "check", exit=78)["connectors"]

    assert [each["path"] for each in line["problems"]] == ["square.webhook.url"]
    monkeypatch.setenv("PUBLIC_URL", "https://shop.example.com")
    settings.reset()
    assert told("connectors", "check")["connectors"][0]["state"] == "ok"


@on_sqlite
def test_a_location_that_the_vendor_does_not_have_is_named(folder, source, told):
    folder(square=square_at(source.url, locations=["LFICTIVE1", "LX"]))

    (line,) = told("connectors", "check", exit=78)["connectors"]

    problem = {"path": "square.locations", "message": "the vendor has none with the id LX"}
    assert line["problems"] == [problem]


@on_sqlite
def test_calls_of_one_connector_open_no_other(folder, cli, monkeypatch):
    folder(square=square_at("https://square.example"))
    monkeypatch.setattr(SquareConnector, "__init__", None)

    assert "Nothing was asked" in cli("connectors", "calls", "square").stderr


@on_sqlite
def test_a_shop_that_is_not_there_is_a_problem_at_its_path(folder, source, told, cli):
    folder(square=square_at(source.url, shops={"LFICTIVE1": 77}))

    (line,) = told("connectors", "check", exit=78)["connectors"]

    problem = {"path": "square.shops.LFICTIVE1", "message": "there is no shop 77"}
    assert line["state"] == "invalid"
    assert line["problems"] == [problem]


def test_a_location_that_is_no_shop_is_told_and_not_booked_on_another(
    folder, source, told, cli, monkeypatch
):
    source.add_location("LNEW")
    folder(square=square_at(source.url, shops={"LFICTIVE1": 1}))
    (line,) = told("connectors", "check")["connectors"]

    message = "Le Vieux Moulin LNEW is no shop of ours; its tickets have none"
    assert line["problems"] == [{"path": "square.shops.LNEW", "message": message}]
    source.add(orders.sale("ORD1", closed_at=LATER - timedelta(days=90), location="LNEW"))
    sync_now(SYNCS["square.transactions"])
    assert "square.shops.LNEW: this location is no shop of ours" in cli("status").stderr


@on_sqlite
def test_calls_are_listed_newest_first(folder, source, told, cli):
    folder(square=square_at(source.url))
    cli("connectors", "check")
    forget_process()

    calls = told("connectors", "calls", "square")

    assert calls[0]["path"] == "/v2/locations"
    assert (calls[0]["status"], calls[0]["error"]) == (200, None)
    assert len(told("connectors", "calls", "square", "--limit", "1")) == 1
    cli("connectors", "calls", "nobody", exit=1)


def test_processes_that_read_other_connectors_are_told(folder, source, cli, told):
    folder(square=square_at(source.url))
    ours = registry.connectors().digest
    with writing() as session:
        folders.note(session, role="worker", host="a", digest=ours)
        folders.note(session, role="web", host="a", digest=ours)
    assert "Not all processes" not in cli("status").stderr

    with writing() as session:
        folders.note(session, role="beat", host="b", digest="0" * 16)

    assert f"worker on a ({ours})" in cli("status").stderr
    assert any("beat on b" in each for each in told("check", exit=3)["problems"])
    assert settings.settings().connectors_dir.is_dir()
