"""Files of configuration: one meaning, or a problem with its place."""

from __future__ import annotations

import pytest

from core.config import expand, read
from core.errors import ConfigurationError


@pytest.fixture
def file(tmp_path):
    def write(text: str, encoding: str = "utf-8") -> dict[str, object]:
        path = tmp_path / "pos.yaml"
        path.write_bytes(text.encode(encoding))
        return read(path)

    return write


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {b: 1, c: [true, null, 1.5e3]}", {"a": {"b": 1, "c": [True, None, 1500.0]}}),
        ('{\n\t"a": 1,\n\t"b": "\\u00e9"\n}', {"a": 1, "b": "é"}),
        ("a: [no, on, 0123, 12:30, 2025-01-31, 1_000, ~]",
         {"a": ["no", "on", "0123", "12:30", "2025-01-31", "1_000", None]}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ],
)  # fmt: skip
def test_a_value_means_what_yaml_1_2_and_json_say(file, text, value):
    assert file(text) == value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_key(file, encoding):
    assert file("a: é", encoding) == {"a": "é"}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a:\n  b: 1\n  b: 2\na: 3\n", {
            "a.b: written in line 3 for the second time; keep one of them.",
            "a: written in line 4 for the second time; keep one of them.",
        }),
        ("a:\n\tb: 1", {"FILE: line 2: a tab; YAML is indented with spaces."}),
        ("a: *gone", {"FILE: line 1: an alias (*name) of an anchor (&name) that is nowhere."}),
        ("- a", {"FILE: a mapping ('key: value') is needed, not a list."}),
        ("", {"FILE: a mapping ('key: value') is needed, not nothing."}),
        ("hello", {"FILE: a mapping ('key: value') is needed, not a value."}),
        ("a: &a [*a]", {"FILE: over 10000 values; this is no configuration."}),
        ("? [1, 2]\n: 3", {"the file: a key must be one word."}),
        ("a: {b: ${C}}", {("FILE: line 1: expected ',' or '}', but got '{'; inside of braces or "
                          'brackets write "${NAME}" with quotes.')}),
    ],
)  # fmt: skip
def test_what_has_no_one_meaning_is_refused_with_its_place(file, tmp_path, text, problems):
    with pytest.raises(ConfigurationError) as error:
        file(text)

    path = str(tmp_path / "pos.yaml")
    assert {problem.replace(path, "FILE") for problem in error.value.problems} == problems


@pytest.mark.parametrize(
    "text",
    ["a: !!python/object/apply:os.system [ls]", "a: [1", "a: \x00", "a: @b", "x" * 1_000_001],
)
def test_what_is_no_plain_yaml_is_a_problem_in_a_sentence(file, text):
    with pytest.raises(ConfigurationError, match=r"pos\.yaml: .*\.$"):
        file(text)


def test_a_file_that_is_not_there_or_not_text_is_a_problem(file, tmp_path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        read(tmp_path / "gone.yaml")
    with pytest.raises(ConfigurationError, match="UnicodeDecodeError"):
        file("a: é", "latin-1")


def test_variables_are_filled_in_wherever_they_are():
    values = {"TOKEN": "t", "HOST": "h.example", "EMPTY": ""}
    given = {"a": ["${TOKEN}"], "b": {"c": "https://${HOST}/x", "d": 1, "e": "$TOKEN"}}

    assert expand(given, values.get) == (
        {"a": ["t"], "b": {"c": "https://h.example/x", "d": 1, "e": "$TOKEN"}},
        [],
    )
    assert expand({"a": "${EMPTY}", "b": ["${GONE}${}"]}, values.get) == (
        {"a": None, "b": [None]},
        [
            (("a",), "EMPTY is not set in the environment"),
            (("b", 0), "GONE is not set in the environment"),
            (("b", 0), "${} is not set in the environment"),
        ],
    )
