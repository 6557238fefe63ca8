"""``rejects``: records that were refused; look at them, try them again, discard them."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from cli import bulk
from cli.arguments import ID, REASON, Line, list_options
from cli.bulk import DRY_RUN, bulk_options, require_reason, say_dry_run
from cli.output import PARTIAL, json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import by
from cli.words import sentences
from core.document import Json
from core.errors import MoulinError
from db.session import reading
from db.work import rejects as stored
from syncs.acts import rejects as acts
from syncs.acts.by import By
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
    sold = reject.pop("conflicts_with", None)
    print_table(("", ""), [(name, _place(value)) for name, value in reject.items()], empty="")
    # ASCII: what was refused may hold what no terminal takes.
    click.echo(json.dumps(payload, indent=2))
    if sold is not None:
        click.echo("Its number is that of this sale:")
        click.echo(json.dumps(sold, indent=2, default=when))
    if reject["state"] == "open":
        say(_next(reject_id, in_conflict=sold is not None))


def _place(value: object) -> object:
    """A shop or a terminal in a cell."""
    return f"{value['id']} ({value['name']})" if isinstance(value, dict) else value


def _next(reject_id: int, *, in_conflict: bool) -> str:
    """What to do about an open reject."""
    if in_conflict:
        cure = f"If both were sold: 'python manage.py rejects replay {reject_id} --number NEW'"
    else:
        cure = f"After a fix: 'python manage.py rejects replay {reject_id}'"
    return f"{cure}; if it is not wanted: 'python manage.py rejects discard {reject_id} --why …'."


@rejects.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ID)
@bulk_options
@click.option("--sync", help="With --all: only this sync's, or the tills' (sales).")
@click.option("--code", help="With --all: only those refused for this.")
@click.option("--number", type=Line(64), help="Of one sale: another number to sell it under.")
@click.option("--why", type=REASON, help="Kept in the audit; for more than one it is required.")
@json_option
def replay(
    ids: tuple[int, ...], everything: bool, sync: str | None, code: str | None, how: str | None,
    number: str | None, why: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Try refused records again after a fix, from what was received; nobody is asked for it.

    A sale whose number is another sale's (CONFLIT_FACTURE) is sold under another --number.
    """
    bulk.check(ids, everything, how, sync=sync, code=code)
    if number is not None and len(set(ids)) != 1:
        raise click.UsageError("--number is for one sale: name its reject's ID.")
    filters = {"sync": _named(sync), "code": code}
    if everything:
        bulk.act("reject.replay", filters, how, why=why, as_json=as_json)
    else:
        _replay_chosen(_open(ids), how, number, why=why, as_json=as_json)


@rejects.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ID)
@bulk_options
@click.option("--sync", help="With --all: only this sync's, or the tills' (sales).")
@click.option("--code", help="With --all: only those refused for this.")
@click.option("--why", type=REASON, required=True, help="Kept with the reject and in the audit.")
@json_option
def discard(
    ids: tuple[int, ...], everything: bool, sync: str | None, code: str | None, how: str | None,
    why: str, as_json: bool,
) -> None:  # fmt: skip
    """Close records that nobody wants. Of ids all or, when one cannot be, none."""
    bulk.check(ids, everything, how, sync=sync, code=code)
    filters = {"sync": _named(sync), "code": code}
    if everything:
        bulk.act("reject.discard", filters, how, why=why, as_json=as_json)
        return
    chosen = _open(ids)
    if how == DRY_RUN:
        say_dry_run(chosen, as_json=as_json)
        return
    acts.discard(chosen, by=by(why))
    say(f"{len(chosen)} discarded; whoever sent them and still has them will send them again.")
    if as_json:
        print_json({"discarded": chosen})


def _replay_chosen(
    chosen: list[int], how: str | None, number: str | None, *, why: str | None, as_json: bool
) -> None:
    if how == DRY_RUN:
        say_dry_run(chosen, as_json=as_json)
        return
    require_reason(chosen, why)
    replayed, refused = _replay_each(chosen, number, by(why))
    if as_json:
        print_json({"replayed": replayed, "refused": refused})
    say(f"{len(replayed)} replayed, {len(refused)} still refused.")
    for item in refused:
        say(item["error"])
    if refused:
        say("Cure what is named, or 'python manage.py rejects discard ID… --why …'.")
        sys.exit(PARTIAL)


def _named(sync: str | None) -> str | None:
    """The name under which the rejects of ``sync`` are stored."""
    return sync if sync in (None, SALES) else find(sync).name


def _replay_each(chosen: list[int], number: str | None, by: By) -> tuple[list[int], list[Json]]:
    """Which were written, and which are still refused and why; each by itself."""
    replayed: list[int] = []
    refused: list[Json] = []
    for ident in chosen:
        try:
            acts.replay(ident, number=number, by=by)
        except MoulinError as error:
            refused.append({"id": ident, "error": sentences(error), "code": error.code})
        else:
            replayed.append(ident)
    return replayed, refused


def _open(ids: tuple[int, ...]) -> list[int]:
    """These, each once; ``RefusedError`` when one is closed."""
    chosen = list(dict.fromkeys(ids))
    with reading() as session:
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
