import json

import redis

from core.messages import UnreadError
from db.session import reading
from db.work import failures
from tests.cli import given
from worker import unread


def state(failure_id):
    with reading() as session:
        found = failures.find(session, failure_id)
        return found.state, found.retried_as, found.why


def test_failures_are_listed_by_state_task_and_cause(told):
    first, other = given.failure(), given.failure(task="upkeep.forget")
    cause = told("failed", "list", "--task", "upkeep.forget")[0]["fingerprint"]

    assert [item["id"] for item in told("failed", "list")] == [other, first]
    assert [item["id"] for item in told("failed", "list", "--fingerprint", cause)] == [other]
    assert told("failed", "list", "--state", "retried") == []
    assert len(told("failed", "list", "--state", "all", "--limit", 1)) == 1


def test_a_table_of_failures_says_what_went_wrong(cli):
    given.failure()

    assert "500" in cli("failed", "list").stdout


def test_a_failure_is_shown_with_its_arguments_and_every_attempt(cli, told):
    later = {**given.ATTEMPT, "message": "Timed out."}
    ident = given.failure(args=[3, "x"], kwargs={"site_id": 9}, attempts=[given.ATTEMPT, later])

    found = told("failed", "show", ident)
    shown = cli("failed", "show", ident)

    assert (found["args"], found["kwargs"]) == ([3, "x"], {"site_id": 9})
    assert [attempt["message"] for attempt in found["attempts"]] == [
        "The source answered 500.",
        "Timed out.",
    ]
    assert shown.stdout.count("Traceback") == 2
    assert f"failed retry {ident}" in shown.stderr


def test_a_sync_goes_on_and_one_run_answers_for_all_that_match(process):
    _, first = given.failed_run()
    run_id, second = given.failed_run()
    other = given.failure(task="upkeep.forget")

    done = process(
        "failed", "retry", "--all", "--task", "sync.b2b.products", "--why", "key renewed", "--json"
    )

    assert done.returncode == 0, done.stderr
    act = json.loads(done.stdout)
    assert (act["kind"], act["status"]) == ("failure.retry", "done")
    assert (act["matching"], act["done"], act["left"]) == (2, 2, 0)
    (name,) = act["reopened"]
    assert f"sweeper will find {name}" in done.stderr
    fresh = int(name.removeprefix("run "))
    assert given.read_run(fresh).status == "due"
    assert fresh > run_id
    for ident in (first, second):
        assert state(ident) == ("retried", name, "key renewed")
    assert state(other)[0] == "open"
    assert [event[:2] for event in given.audited()] == [
        ("failure.retry", f"act {act['id']}"), ("act.end", f"act {act['id']}"),
    ]  # fmt: skip


def test_who_retries_one_of_two_retries_one(told):
    run_id, first = given.failed_run()
    second = given.failure(args=[run_id], run_id=run_id)

    (retried,) = told("failed", "retry", first)["retried"]

    assert retried["id"] == first
    assert state(second)[0] == "open"
    # The run that is due now answers for the other one too.
    assert told("failed", "retry", second)["retried"][0]["as"] == retried["as"]


def test_more_than_one_wants_a_reason(cli):
    _, first = given.failed_run()
    _, second = given.failed_run()

    for words in (("--all",), (first, second)):
        assert "--why TEXT" in cli("failed", "retry", *words, exit=2).stderr
    assert state(first)[0] == state(second)[0] == "open"


def test_what_cannot_be_retried_is_told_and_stays_open(cli, told):
    _, ident = given.failed_run()
    given.run(status="running")

    printed = cli("failed", "retry", "--all", exit=1)
    assert f"Refused: {ident}: b2b.products is being run already" in printed.stderr
    act = told("failed", "retry", "--all", exit=1)

    assert (act["refused"], act["refusals"][0]["id"]) == (1, ident)
    assert state(ident)[0] == "open"


def test_an_act_may_be_left_to_a_worker(cli, told):
    given.failed_run()

    act = told("failed", "retry", "--all", "--enqueue")
    printed = cli("failed", "dismiss", "--all", "--why", "old", "--enqueue")

    assert (act["status"], act["left"]) == ("due", 1)
    assert f"acts stop {act['id'] + 1}" in printed.stderr
    assert "sweeper will find act" in printed.stderr


def test_a_canary_is_of_each_cause_and_the_rest_waits(cli, told):
    given.failed_run()
    _, newest = given.failed_run()

    act = told("failed", "retry", "--all", "--canary", 1, "--why", "key renewed")

    assert (act["matching"], act["canary"]) == (1, 1)
    assert state(newest)[0] == "retried"
    waits = cli("failed", "retry", "--all", exit=1)
    assert "has not ended yet" in waits.stderr


def test_who_presses_ctrl_c_is_told_how_to_follow_and_to_stop_it(cli, told, monkeypatch):
    given.failed_run()

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cli.progress.Bar.draw", press)
        printed = cli("failed", "dismiss", "--all", "--why", "old", exit=1)

    assert "acts show 1" in printed.stderr
    assert "acts stop 1" in printed.stderr
    # Nobody holds it: a worker goes on at once.
    assert told("acts", "show", 1)["status"] == "due"


def test_all_that_match_are_dismissed(told):
    kept = given.failure(task="upkeep.forget")
    first, second = given.failure(), given.failure()
    which = ("--all", "--task", "sync.b2b.products", "--why", "old")

    assert told("failed", "dismiss", *which, "--dry-run") == {"dry_run": True, "count": 2}
    assert told("failed", "dismiss", first, "--why", "old", "--dry-run")["ids"] == [first]
    assert told("failed", "dismiss", *which)["done"] == 2
    assert state(kept)[0] == "open"
    assert state(second) == ("dismissed", None, "old")


def test_without_a_broker_an_act_on_other_tasks_waits(process, told):
    given.failure(task="upkeep.forget")

    done = process("failed", "retry", "--all", "--json", REDIS_URL="redis://127.0.0.1:1/0")

    assert done.returncode == 69, done.stderr
    assert "goes on in a worker, in a while" in done.stderr
    assert json.loads(done.stdout)["code"] == "BROKER_AWAY"
    assert told("acts", "show", 1)["status"] == "due"


def test_a_worker_is_rung_for_what_is_retried(process, redis_url, empty_redis):
    _, ident = given.failed_run()

    done = process("failed", "retry", ident, REDIS_URL=redis_url)

    assert done.returncode == 0, done.stderr
    assert "sweeper" not in done.stderr
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("moulin:sync") == 1


def test_another_task_is_sent_again_with_its_exact_arguments(process, redis_url, empty_redis):
    ident = given.failure(task="upkeep.forget", args=[3, "é"], kwargs={"days": 2})

    done = process("failed", "retry", ident, REDIS_URL=redis_url)

    assert done.returncode == 0, done.stderr
    with redis.Redis.from_url(redis_url) as client:
        message = json.loads(client.lindex("moulin:upkeep", 0))
    assert message["headers"]["task"] == "upkeep.forget"
    assert state(ident)[:2] == ("retried", message["headers"]["id"])
    assert given.audited() == [("failure.retry", f"failed task {ident}", None)]


def test_without_a_broker_another_task_stays_open(process):
    ident = given.failure(task="upkeep.forget")

    done = process("failed", "retry", ident, REDIS_URL="redis://127.0.0.1:1/0")

    assert done.returncode == 69, done.stderr
    assert "stays open" in done.stderr
    assert state(ident)[0] == "open"


def test_a_sync_that_runs_already_is_not_retried(cli, told):
    _, ident = given.failed_run()
    given.run(status="running")

    assert "is being run already" in cli("failed", "retry", ident, exit=1).stderr

    assert told("failed", "retry", ident, exit=1)["refused"][0]["id"] == ident
    assert state(ident)[0] == "open"


def test_a_dry_run_only_counts(told):
    _, ident = given.failed_run()
    given.failure(task="upkeep.forget")

    found = told("failed", "retry", "--all", "--task", "sync.b2b.products", "--dry-run")

    assert found == {"dry_run": True, "count": 1}
    assert state(ident)[0] == "open"


def test_ids_or_all_and_filters_only_with_all(cli):
    assert "Give ids, or --all" in cli("failed", "retry", exit=2).stderr
    assert "Give ids, or --all" in cli("failed", "retry", 1, "--all", exit=2).stderr
    assert "only with --all" in cli("failed", "retry", 1, "--task", "x", exit=2).stderr


def test_a_closed_or_unknown_failure_stops_the_order_before_anything_is_done(cli):
    _, open_one = given.failed_run()
    closed = given.failure(task="upkeep.forget")
    cli("failed", "dismiss", closed, "--why", "old")

    assert "dismissed already" in cli("failed", "retry", open_one, closed, exit=1).stderr
    assert "There is no failed task 99" in cli("failed", "retry", open_one, 99, exit=1).stderr

    assert state(open_one)[0] == "open"


def test_to_dismiss_takes_a_reason_and_all_or_none(cli, told):
    first, second = given.failure(), given.failure()
    cli("failed", "dismiss", first, exit=2)
    cli("failed", "dismiss", first, "--why", "  ", exit=2)
    assert "no failed task 99" in cli("failed", "dismiss", first, 99, "--why", "x", exit=1).stderr
    assert state(first)[0] == "open"

    found = told("failed", "dismiss", first, second, "--why", "a test source")

    assert found == {"dismissed": [first, second]}
    assert state(second) == ("dismissed", None, "a test source")
    assert given.audited()[0] == ("failure.dismiss", f"failed task {first}", "a test source")


def test_a_message_that_could_not_be_read_is_a_failure_to_dismiss(store, cli, told):
    unread.keep(b"canary", "sales", UnreadError("MESSAGE_JSON", "it is no JSON"))
    (line,) = told("failed", "list")

    shown = cli("failed", "show", line["id"])
    retried = cli("failed", "retry", line["id"], exit=1)
    every = told("failed", "retry", "--all", "--dry-run")
    cli("failed", "dismiss", line["id"], "--why", "known")

    assert line["task"] == failures.UNREAD
    assert line["error"].startswith(
        "A message that could not be read: it is no JSON. Queue sales, 6 bytes, sha256 "
    )
    assert "failed retry" not in shown.stderr
    assert f"failed dismiss {line['id']}" in shown.stderr
    assert "nothing to send again" in retried.stderr
    assert f"failed dismiss {line['id']}" in retried.stderr
    assert every["count"] == 0
    assert told("failed", "list") == []
    assert "canary" not in shown.output
