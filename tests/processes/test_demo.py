"""``make demo``: the whole story on real processes, and nothing left of it however it ends."""

import signal

import pytest

from cli.demo import environment
from cli.demo.account import Account

TAKES = pytest.mark.timeout(240)


@TAKES
def test_the_demo_keeps_its_promises_whatever_the_environment_says(family, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "pos.yaml").write_text("theirs:\n\t- no YAML", "utf-8")

    running = family.python(
        "manage.py", "demo",
        # Wrong settings, and another's database: none of it may be read.
        MOULIN_ENV="production", DATABASE_URL="postgresql://u:p@127.0.0.1:1/theirs",
        REDIS_URL="redis://127.0.0.1:1/0", PORT="no number", FLOWER_PORT="no number",
        CELERY_BROKER_URL="redis://127.0.0.1:1/0", SYNC_SCHEDULE_B2B_PRODUCTS="sometimes",
        TEMPLATE_BASE_URL="http://127.0.0.1:1", TEMPLATE_API_KEY="theirs",
        CONNECTORS_DIR=str(theirs), SQUARE_TOKEN="theirs",
        MOULIN_DOTENV="/nowhere", HOME=str(home), TMPDIR=str(tmp_path),
    )  # fmt: skip

    assert running.process.wait(200) == 0, running.said()
    said = running.said()
    assert "✗" not in said
    assert said.count("✓") >= 41
    assert "« 2 vente(s) synchronisée(s) avec succès »" in said
    assert "Vente VENTE-001 existe déjà, ignorée (DOUBLON)" in said
    assert "(STOCK_INSUFFISANT)" in said
    assert "the price is there, once" in said
    assert "the ticket was asked for once, and is in the store" in said
    assert "20 readers, one run" in said
    assert "/inventory/status/" in said
    assert "make run" in said
    family.until_gone()
    assert list(home.iterdir()) == []
    assert list(tmp_path.glob("moulin-demo-*")) == []


@TAKES
@pytest.mark.parametrize(
    ("end", "moment"),
    [
        (signal.SIGTERM, "manage.py shop add"),  # while everything is being started
        (signal.SIGINT, "→ POST /api/ops/syncs/b2b.categories/run"),
        (signal.SIGKILL, "→ POST /api/ops/syncs/b2b.categories/run"),
    ],
)
def test_whoever_stops_the_demo_finds_nothing_left(family, tmp_path, end, moment):
    running = family.python("manage.py", "demo", TMPDIR=str(tmp_path))
    running.says(moment)

    code = running.end(end, patience=100)

    family.until_gone()
    assert code == (-signal.SIGKILL if end == signal.SIGKILL else 1)
    if end != signal.SIGKILL:
        assert list(tmp_path.glob("moulin-demo-*")) == []


def test_a_promise_that_is_not_kept_is_told_and_counts(capsys):
    account = Account()
    account.expect("two and two", found=5, wanted=4)
    account.expect("one and one", found=2, wanted=2)

    assert account.differences == ["two and two: expected 4, found 5"]
    assert "✗ two and two: expected 4, found 5" in capsys.readouterr().out


def test_the_demos_environment_has_no_setting_of_ours(monkeypatch):
    for name in ("DATABASE_URL", "SECRET_KEY_FILE", "SYNC_SCHEDULE_X", "CELERY_X", "FLOWER_AUTH"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("PATH", "kept")

    found = environment.bare()

    assert "theirs" not in found.values()
    assert (found["PATH"], found["MOULIN_DOTENV"]) == ("kept", "")
