"""Kinds of field that many requests carry: names and reasons."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from core.details import printable


def _one_line(text: str) -> str:
    text = text.strip()
    if not text or printable(text) != text:
        raise ValueError("must be one line of text without control characters")
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
"""A sync, a task, a code or a fingerprint; nothing else needs to reach the store."""

# The same as a pattern, for the document: JSON Schema knows no functions.
_OTHERS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_PATTERN = {"pattern": rf"^[^{_OTHERS}]*[^\s{_OTHERS}][^{_OTHERS}]*$"}
_REASON = {**_PATTERN, "examples": ["the source is closed today"]}
_NUMBER = {**_PATTERN, "examples": ["T2-000042"]}

Why = Annotated[str, Field(max_length=500, json_schema_extra=_REASON), AfterValidator(_one_line)]
"""A person's reason, kept with the row and in the audit."""

Title = Annotated[str, Field(max_length=500, json_schema_extra=_PATTERN), AfterValidator(_one_line)]
"""What people call something."""

Number = Annotated[str, Field(max_length=64, json_schema_extra=_PATTERN), AfterValidator(_one_line)]
"""The source's own word for something of ours."""

InvoiceNumber = Annotated[
    str, Field(max_length=64, json_schema_extra=_NUMBER), AfterValidator(_one_line)
]
"""The number of a sale, as a person gives it."""
