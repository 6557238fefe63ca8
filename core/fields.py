"""The kinds of value a payload's fields have: ids, names, codes and quantities.

Each is one plain function from what JSON gave, because two hundred thousand records a run pay
for every step. Their errors are ``ValueError``s for pydantic with a stable type.
"""

from __future__ import annotations

import html
import re
from decimal import Decimal
from html.entities import html5
from typing import Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from core.canonical import canonical
from core.details import FORBIDDEN
from core.money import excerpt

LONGEST_ID = 64
LONGEST_TEXT = 500
LONGEST_CODE = 100
LARGEST_QUANTITY = 10**9

# Whatever is printable holds none of these, and ``str`` knows that faster.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]").search
_WHOLE = re.compile(r"[+-]?\d{1,10}(?:\.0*)?", re.ASCII).fullmatch
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});").sub
# The first whole number that, with its sign, is too long for an id.
_BEYOND = 10 ** (LONGEST_ID - 1)


def external_id(value: object) -> str:
    """The source's own name for a record, as text: 12, ``"12"`` and ``" 12 "`` are one; see
    ``canonical``.
    """
    if type(value) is int:
        if not -_BEYOND < value < _BEYOND:
            raise PydanticCustomError("id_long", "is too long for an id")
        return str(value)
    if not isinstance(value, str):
        raise PydanticCustomError("id_type", "an id is a whole number or a text, nothing else")
    ident = canonical(value)
    if not ident:
        raise PydanticCustomError("id_empty", "is empty; every record needs an id")
    if len(ident) > LONGEST_ID:
        raise PydanticCustomError(
            "id_long", "has {length} characters; an id has 64 at most", {"length": len(ident)}
        )
    if not ident.isprintable() and _CONTROL(ident):
        raise PydanticCustomError("text_characters", "holds control characters")
    return ident


def reference(value: object) -> str | None:
    """The id of another record. Null, false and blanks are none, as exports write "no parent"; what
    0 means its reader knows.
    """
    if type(value) is int and -_BEYOND < value < _BEYOND:
        return str(value)
    try:
        return external_id(value)
    except ValueError:
        if is_nothing(value):
            return None
        raise


def is_nothing(value: object) -> bool:
    """Whether a source writes "none" with it: null, false, or a text without a character."""
    return value is None or value is False or (isinstance(value, str) and not canonical(value))


def name(value: object) -> str:
    """A ``text`` whose HTML entities are decoded, once: ``Caf&eacute;`` is Café, and
    ``&amp;amp;`` is ``&amp;``. What only looks like one (``R&D;``) stays.
    """
    if isinstance(value, str) and "&" in value:
        value = _ENTITY(_decoded, value)
    return text(value)


def _decoded(entity: re.Match[str]) -> str:
    known = entity[0][1] == "#" or entity[0][1:] in html5
    return html.unescape(entity[0]) if known else entity[0]


def text(value: object) -> str:
    """A name or title, without the blanks around it: 1 to 500 characters of any script."""
    if not isinstance(value, str):
        raise PydanticCustomError("text_type", "must be text")
    stripped = value.strip()
    if not stripped:
        raise PydanticCustomError("text_empty", "is empty")
    if len(stripped) > LONGEST_TEXT:
        raise PydanticCustomError(
            "text_long",
            "has {length} characters; {longest} is the most we keep",
            {"length": len(stripped), "longest": LONGEST_TEXT},
        )
    if not stripped.isprintable() and FORBIDDEN(stripped):
        raise PydanticCustomError(
            "text_characters", "holds a NUL character or half a character (a lone surrogate)"
        )
    return stripped


def code(value: object) -> str | None:
    """A SKU or barcode, up to 100 characters, as ``canonical`` has it; a whole number is one too,
    blanks and false are none.
    """
    if value is None or value is False:
        return None
    if type(value) is int:
        return external_id(value)
    if not isinstance(value, str):
        raise PydanticCustomError("text_type", "must be text or a whole number")
    stripped = value.strip() if value.isascii() else canonical(value)
    if len(stripped) > LONGEST_CODE:
        raise PydanticCustomError(
            "text_long",
            "has {length} characters; {longest} is the most we keep",
            {"length": len(stripped), "longest": LONGEST_CODE},
        )
    if not stripped.isprintable() and _CONTROL(stripped):
        raise PydanticCustomError("text_characters", "holds control characters")
    return stripped or None


def quantity(value: object) -> int:
    """A whole number of units, -10^9 to 10^9; ``"12"``, ``"12.000"`` and 12.0 are 12."""
    number = value if type(value) is int else _whole(value)
    if not -LARGEST_QUANTITY <= number <= LARGEST_QUANTITY:
        raise PydanticCustomError(
            "quantity_large", "is beyond {largest}; check the unit", {"largest": LARGEST_QUANTITY}
        )
    return number


def _whole(value: object) -> int:
    if isinstance(value, str) and _WHOLE(value.strip()):
        return int(value.strip().partition(".")[0])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= LARGEST_QUANTITY:
        whole = int(value)
        if whole == value:
            return whole
    raise PydanticCustomError(
        "quantity_type", "{value} is no whole number; send one like 12", {"value": excerpt(value)}
    )


ExternalId = Annotated[str, PlainValidator(external_id, json_schema_input_type=int | str)]
Reference = Annotated[
    str | None, PlainValidator(reference, json_schema_input_type=int | str | bool | None)
]
Name = Annotated[str, PlainValidator(name, json_schema_input_type=str)]
Text = Annotated[str, PlainValidator(text, json_schema_input_type=str)]
Code = Annotated[str | None, PlainValidator(code, json_schema_input_type=int | str | None)]
Quantity = Annotated[int, PlainValidator(quantity, json_schema_input_type=int | float | str)]
