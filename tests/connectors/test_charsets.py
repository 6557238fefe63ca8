"""Text that is not UTF-8: read where the header says what it is, else refused by name."""

from __future__ import annotations

import io
import json

import pytest

from connectors import errors
from connectors.http import charset
from connectors.http.client import HTTPClient
from tests.connectors.asking import refused
from tests.connectors.source import serving

NAMES = [{"name": "Crème brûlée"}]
LATIN = json.dumps(NAMES, ensure_ascii=False).encode("latin-1")
REMEDY = "have the source send UTF-8, or name the charset"


@pytest.mark.parametrize(
    "declared",
    [
        "charset=iso-8859-1",
        "charset=ISO-8859-1",
        'charset="latin1"',
        "Charset = L1",
        "charset='cp1252'",
    ],
)
def test_latin_1_that_says_so_is_read(ask, declared):
    kind = f"application/json; {declared}"

    with serving(lambda call: call.answer(body=LATIN, Content_Type=kind)) as source:
        assert ask(source.url).data == NAMES


def test_what_is_called_latin_1_has_the_letters_of_windows():
    text = charset.text("bœuf à 5 €".encode("cp1252"), "x; charset=iso-8859-1", call="GET /")

    assert text == "bœuf à 5 €"


def test_a_byte_that_windows_has_not_is_latin_1_s():
    assert charset.text(b"\x81\xe9", "x; charset=latin-1", call="GET /") == "\x81é"


def test_utf_8_is_read_whatever_the_header_says(ask):
    body, kind = json.dumps(NAMES, ensure_ascii=False).encode(), "application/json; charset=latin1"

    with serving(lambda call: call.answer(body=body, Content_Type=kind)) as source:
        assert ask(source.url).data == NAMES


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_other_unicode_is_known_by_its_bytes(codec):
    assert charset.text('["é"]'.encode(codec), "application/json", call="GET /") == '["é"]'


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ("", "names no charset"),
        ("; charset=", "names no charset"),
        ("; charset=utf-8", "not in the charset it names, utf-8"),
        ("; charset=us-ascii", "not in the charset it names, us-ascii"),
        ("; charset=klingon", "its charset klingon is unknown"),
        ("; charset=base64", "its charset base64 is unknown"),
        ("; charset=unicode_escape", "its charset unicode_escape is unknown"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_charset_s_name(ask, declared, sentence):
    kind = f"application/json{declared}"

    with serving(lambda call: call.answer(body=LATIN, Content_Type=kind)) as source:
        error = refused(ask, source, errors.AnswerError)

    assert sentence in str(error)
    assert REMEDY in str(error)
    assert "brûlée" not in str(error)


def test_a_spooled_answer_becomes_utf_8():
    kind = "application/json; charset=iso-8859-1"

    with serving(lambda call: call.answer(body=LATIN * 10_000, Content_Type=kind)) as source:
        file = io.BytesIO()
        HTTPClient(source.url).spool("full", file, most=10**7)

    assert file.getvalue() == LATIN.decode("latin-1").encode() * 10_000


def test_a_spooled_answer_in_no_named_charset_is_refused():
    with pytest.raises(errors.AnswerError, match="names no charset"):
        charset.recode(io.BytesIO(LATIN), "application/json", call="GET /full")
