"""What a record lacks stays: decided from values alone."""

import json
from dataclasses import replace

from db.records.absent import complete, owners
from db.records.kind import Overwrite
from db.records.merge import Owner
from db.records.plan import Known, Row, Stored
from db.template.kinds import ORDERS

KIND = replace(ORDERS, change=Overwrite())
LINK = Known("1", 10, 10, "1..old", seen_run=6, gone=False)
LINE = ("3", "Lune", 2, None, "{}")
STORED = {10: Stored(("payée", 90, None, '{"note": "a", "gift": 1}', [LINE]))}


def order(*absent: str, extra: str = "{}", **values: object) -> Row:
    """A row of an order that lacks these columns."""
    blank = dict.fromkeys(("status", "total", "ordered_at"))
    row = Row("1", blank | values | {"extra": extra}, {"items": []}, absent=frozenset(absent))
    row.names = json.loads(extra).keys()
    return row


def completed(*rows: Row, known: bool = True) -> Row:
    """The last of the rows as it would be compared."""
    complete(KIND, rows, {"1": LINK} if known else {}, STORED if known else {})
    return rows[-1]


def test_what_is_absent_is_what_the_store_has():
    row = completed(order("total", "status", extra='{"note": "b"}'))

    assert (row.values["total"], row.values["status"]) == (90, "payée")
    assert row.absent == {"total", "status"}


def test_what_is_said_is_said():
    assert completed(order("total", status=None)).values["status"] is None


def test_children_that_are_absent_are_those_of_the_store():
    (line,) = completed(order("items")).lines("items")

    assert line == dict(zip(KIND.parts[0].columns, LINE, strict=True))
    assert completed(order()).lines("items") == []


def test_fields_without_a_column_stay_and_new_ones_come():
    row = completed(order(extra='{"note": null, "size": 3}'))

    assert json.loads(row.values["extra"]) == {"note": None, "gift": 1, "size": 3}


def test_a_field_that_has_a_column_now_is_not_kept_beside_it():
    row = order(extra="{}")
    row.names = ["gift", "note"]

    assert completed(row).values["extra"] == "{}"


def test_a_new_record_has_its_defaults():
    row = completed(order("total", "items"), known=False)

    assert (row.values["total"], row.lines("items")) == (None, [])


def test_of_one_page_the_earlier_row_is_what_is_known():
    row = completed(order("status", total=95), order("total", "status"))

    assert (row.values["total"], row.values["status"]) == (95, "payée")
    assert row.absent == {"status"}


def test_our_own_value_is_ours_and_a_missing_one_is_not():
    row = order("status", "total")

    assert owners(row, {"status": "x", "total": None}) == {"status": Owner.OURS}
