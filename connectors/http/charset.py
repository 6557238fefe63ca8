"""The text in a response's bytes: UTF-8, or the charset that its header names."""

from __future__ import annotations

import codecs
import json
import shutil
from collections.abc import Iterator
from email.message import Message
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from connectors.errors import AnswerError

REMEDY = (
    "have the source send UTF-8, or name the charset of its text, as in "
    "'Content-Type: application/json; charset=iso-8859-1'"
)

WIDER = {"iso8859-1": "cp1252"}
"""What is called Latin-1 is Windows-1252 as a rule, with œ and €; so every browser reads it."""

# Python's own notations, of which no server speaks and some cost more than they carry.
_NOTATIONS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
_LONGEST_NAME = 40
_CHUNK = 64 * 1024


def text(body: bytes, content_type: str, *, call: str) -> str:
    """``body`` as text. UTF-8 (or -16 or -32, as JSON may be) is read whatever the header says:
    many a server adds a charset that is not the text's.

    Raises ``AnswerError``, which names the charset and what to do.
    """
    try:
        # Half a character spoils its record, not the page.
        return body.decode(json.detect_encoding(body), "surrogatepass")
    except UnicodeDecodeError:
        # The error itself quotes the body.
        pass
    for codec in _codecs(content_type, call):
        try:
            return body.decode(codec)
        except UnicodeError:
            continue
    raise _other(content_type, call)


def recode(file: IO[bytes], content_type: str, *, call: str) -> None:
    """Make the text in ``file`` UTF-8 in place, unless it is; raises as ``text``."""
    if _is_utf8(file):
        return
    with TemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        for codec in _codecs(content_type, call):
            file.seek(0)
            file.truncate()
            try:
                file.writelines(piece.encode() for piece in _pieces(copy, codec))
            except UnicodeError:
                continue
            return
    raise _other(content_type, call)


def declared(content_type: str) -> str | None:
    """The charset of a ``Content-Type``, quoted or not; None when it names none."""
    header = Message()
    header["Content-Type"] = content_type
    name = header.get_param("charset")
    return name.strip() or None if isinstance(name, str) else None


def _codecs(content_type: str, call: str) -> list[str]:
    """Python's names of what the declared charset may be, the likeliest first."""
    name = declared(content_type)
    if name is None:
        raise AnswerError(f"{call}: the answer is not UTF-8 and names no charset; {REMEDY}")
    try:
        codec = codecs.lookup(name).name
        # A LookupError for codecs of bytes, as base64.
        b" ".decode(codec, "ignore")
    except (LookupError, ValueError):
        codec = "undefined"
    if codec.replace("-", "_") in _NOTATIONS:
        raise AnswerError(
            f"{call}: the answer is not UTF-8, and its charset {_printed(name)} is unknown; "
            f"{REMEDY}"
        )
    return [WIDER.get(codec, codec), codec]


def _other(content_type: str, call: str) -> AnswerError:
    name = _printed(declared(content_type) or "")
    return AnswerError(f"{call}: the answer is not in the charset it names, {name}; {REMEDY}")


def _printed(name: str) -> str:
    return ascii(name)[1:-1][:_LONGEST_NAME]


def _is_utf8(file: IO[bytes]) -> bool:
    try:
        for _ in _pieces(file, "utf-8", "surrogatepass"):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _pieces(file: IO[bytes], codec: str, errors: str = "strict") -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)(errors)
    file.seek(0)
    for chunk in iter(partial(file.read, _CHUNK), b""):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
