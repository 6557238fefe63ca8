"""What an application compiles, kept for the next test's: it takes longer than most tests."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class Templates(BytecodeCache):
    """The pages' templates."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()
_builders: dict[str, Builder] = {}
_compile = Rule._compile_builder


def keep_templates(app: Flask) -> None:
    """Give ``app`` the templates that others have compiled."""
    app.jinja_env.bytecode_cache = TEMPLATES


def keep_rules() -> None:
    """From now on, compile once what makes the addresses of rules that are written the same."""
    Rule._compile_builder = compile_once  # type: ignore[method-assign, assignment]  # for all tests


def compile_once(rule: Rule, append_unknown: bool = True) -> Builder:  # noqa: FBT001, FBT002, as theirs
    """The builder of ``rule``, which knows the rule only by its text and its defaults."""
    key = repr((rule._trace, rule.defaults, append_unknown))
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]
