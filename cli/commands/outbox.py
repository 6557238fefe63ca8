"""``connectors do`` and ``connectors outbox``: commands to vendors."""

from __future__ import annotations

import sys
from typing import BinaryIO, get_args

import click

from cli.arguments import ID, REASON, Line, list_options
from cli.doorbell import ring
from cli.output import (
    FAILED,
    PARTIAL,
    UNAVAILABLE,
    json_option,
    print_attempts,
    print_json,
    print_table,
    say,
)
from cli.stored import StoreCommand, StoreGroup
from cli.who import by
from core import strict_json
from core.errors import RefusedError
from core.strict_json import StrictError
from db.models.outbox import CommandState
from db.session import reading
from syncs.acts import outbox as acts
from syncs.acts.outbox import Changed, Resolution
from syncs.outbox import send
from syncs.views import outbox as views
from syncs.views.outbox import Outcome

MOST = 2 * 1024 * 1024
"""Bytes of a file."""
CODES = {"done": 0, "approval": 0, "failed": FAILED, "canceled": FAILED}
"""Exit codes by state; what is not over is unavailable."""
FOLLOWING = {
    "approval": "'python manage.py connectors outbox approve {id}' lets it go.",
    "waiting": "A worker goes on with it; 'connectors outbox show {id}' tells what becomes of it.",
    "unknown": "'python manage.py connectors outbox resolve {id} --as …' ends that.",
}
"""What comes next, by state."""


@click.command(cls=StoreCommand)
@click.argument("name")
@click.argument("verb")
@click.option(
    "--input",
    "file",
    type=click.File("rb"),
    required=True,
    metavar="FILE|-",
    help="The verb's body in JSON, from a file or from stdin (-).",
)
@click.option("--key", type=Line(255), help="Under the same key it is done once.")
@click.option("--enqueue", is_flag=True, help="Leave it to a worker.")
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def do(
    name: str, verb: str, file: BinaryIO, key: str | None, enqueue: bool, why: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Have a vendor do something: VERB at the connector NAME, as push_prices at square."""
    ordered = acts.order(name, verb, _read(file), key=key, by=by(why))
    outcome = ordered.outcome
    if ordered.waits and not enqueue:
        outcome = _carry_out(outcome.outbox_id)
    elif ordered.waits:
        _ring(outcome.outbox_id)
    if as_json:
        print_json(outcome.dump())
    else:
        _report(outcome)
    if not (enqueue and outcome.state in {"waiting", "sending"}):
        sys.exit(_code(outcome))


@click.group(cls=StoreGroup)
def outbox() -> None:
    """Look at commands to vendors, agree to one, or say what came of one."""


@outbox.command("list")
@click.option("--connector", help="Only this one's.")
@click.option("--state", type=click.Choice(get_args(CommandState)), help="Only those in it.")
@list_options
@json_option
def list_(
    connector: str | None, state: str | None, limit: int, before: int | None, as_json: bool
) -> None:
    """List commands to vendors, newest first."""
    with reading() as session:
        lines = views.recent(session, connector=connector, state=state, before=before, limit=limit)
    if as_json:
        print_json([line.dump() for line in lines])
        return
    names = ("id", "connector", "verb", "state", "attempts", "not_before", "created_at", "error")
    print_table(names, [[getattr(line, name) for name in names] for line in lines], empty="None.")


@outbox.command()
@click.argument("command_id", metavar="ID", type=ID)
@json_option
def show(command_id: int, as_json: bool) -> None:
    """Show one command: its body, what came of it, and every attempt that failed."""
    with reading() as session:
        command = views.find(session, command_id, opened=True).dump()
    if as_json:
        print_json(command)
        return
    errors = command.pop("errors")
    print_table(("", ""), command.items(), empty="")
    print_attempts(errors)


@outbox.command()
@click.argument("command_id", metavar="ID", type=ID)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def approve(command_id: int, why: str | None, as_json: bool) -> None:
    """Let a command go that waits for a person."""
    _say(acts.approve(command_id, by=by(why)), as_json=as_json)


@outbox.command()
@click.argument("command_id", metavar="ID", type=ID)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def cancel(command_id: int, why: str | None, as_json: bool) -> None:
    """Take back a command that was never sent."""
    _say(acts.cancel(command_id, by=by(why)), as_json=as_json)


@outbox.command()
@click.argument("command_id", metavar="ID", type=ID)
@click.option(
    "--as",
    "state",
    type=click.Choice(get_args(Resolution)),
    required=True,
    help="It was done; it failed; or it was not done, and shall be.",
)
@click.option("--why", type=REASON, required=True, help="Kept in the audit.")
@json_option
def resolve(command_id: int, state: Resolution, why: str, as_json: bool) -> None:
    """Say what came of a command of which nobody knows."""
    _say(acts.resolve(command_id, state, by=by(why)), as_json=as_json)


def _read(file: BinaryIO) -> object:
    raw = file.read(MOST + 1)
    if len(raw) > MOST:
        raise RefusedError("The input is over 2 MiB: give less at once.")
    try:
        return strict_json.parse(raw)
    except StrictError as error:
        where = "" if error.path is None else f" ({error.path})"
        text = f"The input is no strict JSON: {error}".removesuffix(".")
        raise RefusedError(f"{text}{where}.", code=error.code) from None


def _carry_out(ident: int) -> Outcome:
    for following in send.carry_out(ident).following:
        _ring(following)
    with reading() as session:
        return views.outcome(session, ident)


def _ring(ident: int) -> None:
    ring(send.TASK, ident, f"command {ident}")


def _code(outcome: Outcome) -> int:
    if outcome.state == "done" and any(each["outcome"] == "failed" for each in outcome.results):
        return PARTIAL
    return CODES.get(outcome.state, UNAVAILABLE)


def _report(outcome: Outcome) -> None:
    names = ("key", "outcome", "external_id", "error")
    rows = [[each.get(name) for name in names] for each in outcome.results]
    if rows:
        print_table(names, rows, empty="")
    why = f": {outcome.error}" if outcome.error else ""
    say(f"Command {outcome.outbox_id} is {outcome.state}{why}.".replace("..", "."))
    if following := FOLLOWING.get(outcome.state):
        say(following.format(id=outcome.outbox_id))


def _say(changed: Changed, *, as_json: bool) -> None:
    for ident in changed.rings:
        _ring(ident)
    say(f"Command {changed.command.id} is {changed.command.state}.")
    if as_json:
        print_json(changed.command.dump())
