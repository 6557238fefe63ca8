"""References, and names from sources that write them as HTML."""

import pytest

from core.fields import is_nothing, name, reference

NOTHING = [None, False, "", "  ", "\n", "\u00a0", "\u200b", "\ufeff "]


@pytest.mark.parametrize("value", NOTHING, ids=ascii)
def test_what_says_nothing_is_no_reference(value):
    assert is_nothing(value)
    assert reference(value) is None


@pytest.mark.parametrize(
    "value", [0, "0", 0.0, True, [], {}, "a", "é", "-", " 1", "\u200bx"], ids=ascii
)
def test_everything_else_says_something(value):
    assert not is_nothing(value)


@pytest.mark.parametrize(
    ("value", "kept"), [(12, "12"), (" 12 ", "12"), (0, "0"), ("e\u0301", "é")], ids=ascii
)
def test_a_reference_is_an_id(value, kept):
    assert reference(value) == kept


@pytest.mark.parametrize("value", [True, 1.0, [], {}, "x" * 65], ids=ascii)
def test_what_is_no_id_is_no_reference(value):
    with pytest.raises(ValueError, match="id"):
        reference(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Caf&eacute;", "Café"),
        ("Sel &amp; poivre", "Sel & poivre"),
        ("&amp;amp;", "&amp;"),
        ("&lt;b&gt;", "<b>"),
        ("l&#39;&#x27;&#X27;eau", "l'''eau"),
        ("&nbsp;Riz&nbsp;", "Riz"),
        ("5&nbsp;kg", "5\u00a0kg"),
        ("R&D;", "R&D;"),
        ("AT&T", "AT&T"),
        ("Café&region", "Café&region"),
        ("&copy", "&copy"),
        ("&#0;", "\ufffd"),
        ("&#xD800;", "\ufffd"),
        ("&#99999999999;", "&#99999999999;"),
        ("&;&#;&", "&;&#;&"),
        ("Riz", "Riz"),
    ],
    ids=ascii,
)
def test_entities_of_a_name_are_decoded_once(value, kept):
    assert name(value) == kept


@pytest.mark.parametrize("value", ["&nbsp;", "", "x" * 501, None, 3], ids=ascii)
def test_what_is_no_text_is_no_name(value):
    with pytest.raises(ValueError, match=r"empty|501|text"):
        name(value)


def test_a_name_is_measured_as_it_is_kept():
    assert name("&eacute;" * 500) == "é" * 500
