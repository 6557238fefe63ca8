"""Files of configuration: YAML or JSON, with ``${NAME}`` from the environment, and each problem at
its path (``square.auth.token``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import yaml

from core.errors import ConfigurationError

Where = tuple[str | int, ...]
"""A place in a file: keys, and positions in lists."""

LARGEST = 1_000_000
"""Characters of a file."""
MOST = 10_000
"""Values in a file, each alias counted as often as it is used."""

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}


class _Loader(yaml.SafeLoader):
    """Scalars as YAML 1.2 and JSON have them: ``no``, ``0123``, ``12:30`` and dates are texts."""

    yaml_implicit_resolvers: dict[str, object] = {}  # noqa: RUF012, PyYAML reads it from the class


for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )


def dotted(where: Where) -> str:
    """``square.locations.0``."""
    return ".".join(map(str, where))


def read(file: Path) -> dict[str, object]:
    """The mapping in a file of YAML or JSON.

    Raises ``ConfigurationError`` with every key that is written twice, or with what is wrong and
    in which line; it quotes no value.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read ({type(error).__name__}).") from error
    if len(text) > LARGEST:
        raise ConfigurationError(f"{file}: over {LARGEST} characters; this is no configuration.")
    if text.lstrip().startswith("{"):
        # JSON may be indented with tabs, which YAML refuses; inside its texts there are none.
        text = text.replace("\t", " ")
    try:
        loaded = _load(text, file)
    except yaml.MarkedYAMLError as error:
        raise ConfigurationError(f"{file}: {_sentence(error, text)}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigurationError(f"{file}: no YAML ({type(error).__name__}).") from None
    if not isinstance(loaded, dict):
        kind = {list: "a list", type(None): "nothing"}.get(type(loaded), "a value")
        raise ConfigurationError(f"{file}: a mapping ('key: value') is needed, not {kind}.")
    return cast("dict[str, object]", loaded)


def _load(text: str, file: Path) -> object:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        nodes = list(_nodes(node, (), MOST))
        problems = [problem for where, each in nodes for problem in _doubled(where, each)]
        if len(nodes) >= MOST:
            problems = [f"{file}: over {MOST} values; this is no configuration."]
        if problems:
            raise ConfigurationError(*problems)
        return cast("object", loader.construct_document(node))
    finally:
        loader.dispose()


def _nodes(node: yaml.Node, where: Where, most: int) -> Iterator[tuple[Where, yaml.Node]]:
    """Every value below ``node``, up to ``most``: aliases may multiply without end."""
    waiting = [(where, node)]
    while waiting and most > 0:
        most -= 1
        place, each = waiting.pop()
        yield place, each
        if isinstance(each, yaml.MappingNode):
            waiting += [((*place, str(key.value)), value) for key, value in reversed(each.value)]
        elif isinstance(each, yaml.SequenceNode):
            waiting += [((*place, at), value) for at, value in enumerate(each.value)]


def _doubled(where: Where, node: yaml.Node) -> Iterator[str]:
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        place = f"{dotted((*where, str(key.value)))}: written in line {key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            yield f"{dotted(where) or 'the file'}: a key must be one word."
        elif key.value in seen:
            yield f"{place} for the second time; keep one of them."
        else:
            seen.add(key.value)


def _sentence(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark or error.context_mark
    at = 0 if mark is None else mark.line
    problem = error.problem or "this is no YAML"
    if "\\t" in problem:
        problem = "a tab; YAML is indented with spaces"
    elif "undefined alias" in problem:
        problem = "an alias (*name) of an anchor (&name) that is nowhere"
    elif "${" in "".join(text.splitlines()[at : at + 1]):
        problem += '; inside of braces or brackets write "${NAME}" with quotes'
    return f"line {at + 1}: {problem}"


def expand(value: object, variable: Callable[[str], str | None]) -> tuple[object, list[Problem]]:
    """``value`` with the variables of the environment in place of each ``${NAME}``, and where one
    is not set; there the value is None.
    """
    problems: list[Problem] = []
    return _expanded(value, (), variable, problems), problems


Problem = tuple[Where, str]
"""Where, and a sentence without its subject."""


def _expanded(
    value: object,
    where: Where,
    variable: Callable[[str], str | None],
    problems: list[Problem],
) -> object:
    if isinstance(value, dict):
        return {
            key: _expanded(inside, (*where, key), variable, problems)
            for key, inside in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _expanded(inside, (*where, at), variable, problems) for at, inside in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    names = _VARIABLE.findall(value)
    unset = [name for name in names if not variable(name)]
    problems += [(where, f"{name or '${}'} is not set in the environment") for name in unset]
    if unset:
        return None
    return _VARIABLE.sub(lambda match: variable(match[1]) or "", value)
