from tests.cli import given


def act(told, *words):
    """An act on one failure that is left to a worker; its id."""
    given.failed_run()
    return told("failed", "retry", "--all", "--enqueue", *words)["id"]


def test_acts_are_listed_by_status(cli, told):
    ident = act(told, "--why", "key renewed")

    assert [line["id"] for line in told("acts", "list")] == [ident]
    assert told("acts", "list", "--status", "done") == []
    assert "key renewed" in cli("acts", "list").stdout


def test_an_act_is_shown_with_what_it_is_about(cli, told):
    ident = act(told, "--task", "sync.b2b.products")

    shown = cli("acts", "show", ident)

    assert "failure.retry" in shown.stdout
    assert "task sync.b2b.products" in shown.stderr
    assert f"acts stop {ident}" in shown.stderr
    assert told("acts", "show", ident)["filter"] == {"task": "sync.b2b.products"}
    assert "'acts list' shows them" in cli("acts", "show", 99, exit=1).stderr


def test_an_act_is_stopped_once(cli, told):
    ident = act(told)

    assert told("acts", "stop", ident, "--why", "wrong filter")["status"] == "stopped"

    assert "stopped already" in cli("acts", "stop", ident, exit=1).stderr
    assert given.audited()[-1] == ("act.stop", f"act {ident}", "wrong filter")
