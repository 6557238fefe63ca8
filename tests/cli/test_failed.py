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


def test_a_sync_goes_on_and_one_run_answers_for_all_its_failures(process):
    _, first = given.failed_run()
    run_id, second = given.failed_run()

    done = process("failed", "retry", "--all", "--why", "key renewed", "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    names = {item["as"] for item in told["retried"]}
    assert len(names) == 1
    assert {item["id"] for item in told["retried"]} == {first, second}
    assert "sweeper will find run" in done.stderr
    fresh = int(names.pop().removeprefix("run "))
    assert given.read_run(fresh).status == "due"
    assert fresh > run_id
    assert state(first) == ("retried", f"run {fresh}", "key renewed")
    assert [event[0] for event in given.audited()] == ["failure.retry", "failure.retry"]


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

    assert found == {"dry_run": True, "count": 1, "ids": [ident]}
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
