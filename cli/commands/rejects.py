"""``rejects``: records that were refused; look at them, try them again, discard them."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from cli.arguments import ID, REASON, check_choice, list_options
from cli.output import PARTIAL, json_option, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import by
from cli.words import sentences
from core.document import Json
from core.errors import MoulinError
from db.session import reading
from db.work import rejects as stored
from syncs.acts import rejects as acts
from syncs.registry import find
from syncs.sales.refused import NAME as SALES
from syncs.views import rejects as views

STATES = ("open", "replayed", "discarded", "all")


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(rejects)


@click.group(cls=StoreGroup)
def rejects() -> None:
    """Look at refused records, replay or discard them."""


@rejects.command("list")
@click.option("--sync", help="Only this sync's; sales: what tills sent.")
@click.option("--code", help="Only those refused for this, as in INVALID_FIELD.")
@click.option("--state", type=click.Choice(STATES), default="open", show_default=True)
@list_options
@json_option
def list_(
    sync: str | None, code: str | None, state: str, limit: int, before: int | None, as_json: bool
) -> None:
    """List refused records, newest first."""
    name = _named(sync)
    only = None if state == "all" else state
    with reading() as session:
        rejects = views.recent(
            session, sync=name, state=only, code=code, before=before, limit=limit
        )
    lines = [line.dump() for line in rejects]
    if as_json:
        print_json(lines)
        return
    columns = ("id", "sync", "external_id", "code", "field", "message", "updated_at", "state")
    print_table(columns, [[line[name] for name in columns] for line in lines], empty="None.")


@rejects.command()
@click.argument("reject_id", metavar="ID", type=ID)
@json_option
def show(reject_id: int, as_json: bool) -> None:
    """Show one refused record with what was received."""
    with reading() as session:
        reject = views.find(session, reject_id, opened=True).dump()
    payload = reject.pop("payload")
    if as_json:
        print_json({**reject, "payload": _strict(payload)})
        return
    print_table(("", ""), reject.items(), empty="")
    # ASCII: what was refused may hold what no terminal takes.
    click.echo(json.dumps(payload, indent=2))
    if reject["state"] == "open":
        say(
            f"After a fix: 'python manage.py rejects replay {reject_id}'; if it is not wanted: "
            f"'python manage.py rejects discard {reject_id} --why …'."
        )


@rejects.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ID)
@click.option("--all", "everything", is_flag=True, help="Every open one (that the filters match).")
@click.option("--sync", help="With --all: only this sync's, or the tills' (sales).")
@click.option("--code", help="With --all: only those refused for this.")
@click.option("--dry-run", is_flag=True, help="Only say which would be replayed.")
@json_option
def replay(
    ids: tuple[int, ...], everything: bool, sync: str | None, code: str | None, dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Try refused records again after a fix, from what was received; nobody is asked for it."""
    check_choice(ids, everything, sync=sync, code=code)
    chosen = _chosen(ids, sync=_named(sync), code=code)
    if dry_run:
        say(f"{len(chosen)} would be replayed; nothing was done.")
        if as_json:
            print_json({"dry_run": True, "count": len(chosen), "ids": chosen})
        return
    replayed, refused = _replay_each(chosen)
    if as_json:
        print_json({"replayed": replayed, "refused": refused})
    say(f"{len(replayed)} replayed, {len(refused)} still refused.")
    for item in refused:
        say(item["error"])
    if refused:
        say("Cure what is named, or 'python manage.py rejects discard ID… --why …'.")
        sys.exit(PARTIAL)


@rejects.command()
@click.argument("ids", metavar="ID...", nargs=-1, type=ID, required=True)
@click.option("--why", type=REASON, required=True, help="Kept with the reject and in the audit.")
@json_option
def discard(ids: tuple[int, ...], why: str, as_json: bool) -> None:
    """Close records that nobody wants; all of them or, when one cannot be, none."""
    chosen = sorted(set(ids))
    acts.discard(chosen, by=by(why))
    say(f"{len(chosen)} discarded; whoever sent them and still has them will send them again.")
    if as_json:
        print_json({"discarded": chosen})


def _named(sync: str | None) -> str | None:
    """The name under which the rejects of ``sync`` are stored."""
    return sync if sync in (None, SALES) else find(sync).name


def _replay_each(chosen: list[int]) -> tuple[list[int], list[Json]]:
    """Which were written, and which are still refused and why; each by itself."""
    replayed: list[int] = []
    refused: list[Json] = []
    for ident in chosen:
        try:
            acts.replay(ident, by=by())
        except MoulinError as error:
            refused.append({"id": ident, "error": sentences(error), "code": error.code})
        else:
            replayed.append(ident)
    return replayed, refused


def _chosen(ids: tuple[int, ...], *, sync: str | None, code: str | None) -> list[int]:
    """These, which must be open; without any, all open ones that match."""
    with reading() as session:
        if not ids:
            return stored.open_ids(session, sync=sync, code=code)
        chosen = list(dict.fromkeys(ids))
        for ident in chosen:
            stored.require_open(stored.find(session, ident))
        return chosen


def _strict(payload: Any) -> Any:
    """The payload where JSON can hold it; as text where it cannot (NaN)."""
    try:
        json.dumps(payload, allow_nan=False)
    except ValueError:
        return json.dumps(payload)
    return payload
