"""``connectors grade``: what each vendor keeps of its family's contract."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

import click

from cli import grading
from cli.output import FAILED, json_option, print_json, print_table, say
from cli.progress import Bar
from core.errors import RefusedError
from syncs import connections

WORDS = {"passed": "yes", "failed": "NO", "not offered": "not offered"}
"""What a cell of the table says; nothing for what was not tried."""


@click.command()
@click.argument("name", required=False)
@click.option("--live", is_flag=True, help="At your own account, as it is configured: only reads.")
@json_option
def grade(name: str | None, live: bool, as_json: bool) -> None:
    """Hold the vendors, or one, against the contract of their family, at their stand-ins."""
    vendors = grading.vendors()
    arguments = _live(name) if live else _stand_ins(vendors, name)
    with Bar("connectors grade", shown=not as_json) as bar:
        grades = grading.run(arguments, bar.draw)
    if as_json:
        print_json({"vendors": [each.dump() for each in grades]})
    else:
        _print(grades)
    sys.exit(0 if all(each.passes for each in grades) else FAILED)


def _stand_ins(vendors: Mapping[str, str], name: str | None) -> Sequence[str]:
    if name is None:
        return [*vendors.values()]
    if name not in vendors:
        raise RefusedError(f"There is no vendor {name!r}; there are: {', '.join(vendors)}.")
    return [vendors[name]]


def _live(name: str | None) -> Sequence[str]:
    if name is None:
        raise click.UsageError("--live: give the NAME of a connector of yours.")
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        raise RefusedError("CI is set: nobody's account is for CI to look at.")
    return grading.live(name, connections.configured_as(name).family)


def _print(grades: list[grading.Grade]) -> None:
    for family in dict.fromkeys(each.family for each in grades):
        mine = [each for each in grades if each.family == family]
        heads = [family, *(each.vendor for each in mine)]
        print_table(heads, rows(mine), empty="")
    for vendor in grades:
        for each in vendor.checks:
            if each.outcome == "failed":
                say(f"{vendor.vendor}: {each.check}: {each.why}")


def rows(grades: list[grading.Grade]) -> Iterable[list[object]]:
    """A row for each check of a family, in its order, with a cell for each vendor."""
    by_vendor = [{each.check: each.outcome for each in vendor.checks} for vendor in grades]
    for check in dict.fromkeys(name for outcomes in by_vendor for name in outcomes):
        yield [check, *(WORDS.get(outcomes.get(check, "")) for outcomes in by_vendor)]
