"""The documentation says what the code does: nothing declared is missing, no link leads nowhere."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import pytest
from pydantic import BaseModel

from api import create_app
from cli import output
from cli.app import commands
from cli.commands.runs import STATUSES
from connectors.config import ConnectorConfig
from core import payload, settings
from core.settings import SECRETS, Settings
from db.models import Base
from syncs.declaration import AnySync
from syncs.registry import SYNCS as REGISTRY
from syncs.views.status import State

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
PACKAGES = ("api", "cli", "connectors", "core", "db", "syncs", "tasks", "worker")
MARKERS = re.compile(r"<!-- syncs: .*? -->\n\n(.*?)\n\n<!-- end of syncs -->", re.DOTALL)
# What the page explains once for every command that has it.
SHARED = {"--json", "--limit", "--before", "--external", "--dry-run"}
# Fields that stand for a family of variables, one a sync.
FAMILIES = {"SYNC_INTERVALS": "SYNC_INTERVAL_<NAME>", "SYNC_SCHEDULES": "SYNC_SCHEDULE_<NAME>"}
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")


def read(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table; ``\\|`` is no end of a cell."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def sources() -> Iterator[ast.Module]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield ast.parse(path.read_text("utf-8"))
    for name in ("celeryconfig.py", "beat_schedule.py", "flowerconfig.py"):
        yield ast.parse((ROOT / name).read_text("utf-8"))


def leaves(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words one types."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(inner, *path, name)
    else:
        yield " ".join(path), command


COMMANDS = dict(leaves(commands))
SYNCS = REGISTRY.declared
OF_SYNCS = {f"sync {name}" for name in SYNCS} | {a for sync in SYNCS.values() for a in sync.aliases}


def flags(command: click.Command) -> set[str]:
    options = [each for each in command.params if isinstance(each, click.Option)]
    return {flag for each in options for flag in (*each.opts, *each.secondary_opts)}


def crontab(sync: AnySync) -> str:
    if sync.schedule is None:
        return "by hand"
    found = re.match(r"<crontab: (.*?) \(", repr(sync.schedule))
    assert found
    return f"`{found[1]}`"


def readme_row(sync: AnySync) -> list[str]:
    command = sync.aliases[0] if sync.aliases else f"sync {sync.name}"
    return [f"`{sync.name}`", sync.summary, crontab(sync), f"`python manage.py {command}`"]


def test_the_readmes_table_is_what_is_declared():
    found = MARKERS.search((ROOT / "README.md").read_text("utf-8"))

    assert found
    assert rows(found[1])[1:] == [readme_row(sync) for sync in SYNCS.values()]


@pytest.mark.parametrize("sync", SYNCS.values(), ids=list(SYNCS))
def test_a_sync_has_a_section_with_its_schedule_commands_and_fields(sync):
    parts = re.split(r"^## (.+)$", read("syncs.md"), flags=re.MULTILINE)
    section = dict(zip(parts[1::2], parts[2::2], strict=True))[sync.name]

    options = {f"--{name.replace('_', '-')}" for name in sync.options}
    for word in (sync.summary, crontab(sync), *sync.aliases, *options):
        assert word in section
    mapped = {row[0] for row in rows(section)}
    assert {f"`{name}`" for name in sync.record.model_fields} <= mapped


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_a_setting_is_listed_with_its_default(name):
    found = {row[0].strip("`"): row for row in rows(read("settings.md"))}
    shown, meaning = found[FAMILIES.get(name, name)][1:3]
    default = Settings.model_fields[name.lower()].default

    if isinstance(default, str | int | float) and default != "":
        assert shown == f"`{default}`"
    assert ("*secret*" in meaning) == (name in SECRETS)


def test_each_sync_has_its_own_settings_listed():
    for sync in SYNCS.values():
        for family in ("SYNC_INTERVAL_", "SYNC_SCHEDULE_"):
            assert f"`{family}{sync.setting}`" in read("settings.md")


def test_every_variable_that_is_read_past_the_settings_is_listed():
    text = read("settings.md")
    names = set()
    for tree in sources():
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    names.add(name)

    assert "MOULIN_DOTENV" in names
    for name in names:
        assert f"`{name}`" in text


def configured(model: type[BaseModel], *path: str) -> Iterator[tuple[str, object]]:
    """The keys of a connector's file with their defaults."""
    for name, field in model.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        section = next((each for each in kinds if inspect.isclass(each)
                        and issubclass(each, BaseModel)), None)  # fmt: skip
        if section is None:
            yield ".".join((*path, name)), field.default
        else:
            yield from configured(section, *path, name)


def test_a_connectors_keys_are_listed_with_their_defaults():
    section = read("connectors.md").partition("\n## Keys\n")[2].partition("\n## ")[0]
    found = {key.strip("`"): row[1] for row in rows(section) for key in row[0].split(", ")}

    keys = dict(configured(ConnectorConfig))
    assert found.keys() - {"key"} == keys.keys()
    for key, default in keys.items():
        if isinstance(default, bool | int | float | str):
            assert found[key] == f"`{str(default).lower()}`"


@pytest.mark.parametrize("path", sorted(COMMANDS.keys() - OF_SYNCS))
def test_a_command_has_a_row_with_its_options(path):
    told = [row[0] for row in rows(read("commands.md")) if re.search(rf"`{path}[` ]", row[0])]

    assert len(told) == 1
    line = next(line for line in read("commands.md").splitlines() if told[0] in line)
    for flag in flags(COMMANDS[path]) - SHARED:
        assert flag in line
    for flag in flags(COMMANDS[path]) & SHARED:
        assert f"`{flag}" in read("commands.md")


def test_every_door_of_a_sync_and_every_option_of_one_is_listed():
    text = read("commands.md")
    told = {row[0].strip("`").split()[0] for row in rows(text) if row[0].startswith("`--")}

    for door in OF_SYNCS:
        assert f"`{door}`" in text
    assert told == set().union(*(flags(COMMANDS[door]) for door in OF_SYNCS))


def test_every_word_of_status_is_listed():
    for word in get_args(State):
        assert f"`{word}`" in read("commands.md")


@pytest.mark.parametrize("table", Base.metadata.tables.values(), ids=str)
def test_a_table_is_told_column_by_column(table):
    parts = re.split(r"^(?=\*\*`|## )", read("tables.md"), flags=re.MULTILINE)
    sections = [part for part in parts if f"**`{table.name}`**" in part]

    assert len(sections) == 1
    for column in table.columns:
        if column.name != "id":
            assert f"`{column.name}`" in sections[0]


def doors() -> list[str]:
    found = []
    for rule in create_app().url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", "<>", rule.rule)
        found += [f"{verb} {path}" for verb in rule.methods or () if verb != "HEAD"]
    return found


def test_every_route_is_listed(monkeypatch, tmp_path):
    # An application keeps a key there.
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    settings.reset()
    text = re.sub(r"<\w+>", "<>", read("http.md"))
    told = {re.split(r"[?`]", row[0].lstrip("`"))[0] for row in rows(text)}

    assert doors()
    for door in doors():
        assert door in told


def codes() -> set[str]:
    """Every word that an error or a reject may carry as its ``code``, the web's aside."""
    found = {value for name, value in constants(payload) if name == value}
    for package in ("cli", "connectors", "core", "db", "syncs", "tasks"):
        for path in (ROOT / package).rglob("*.py"):
            found |= set(codes_of(ast.parse(path.read_text("utf-8"))))
    return found


def constants(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, str):
            yield name, value


def codes_of(tree: ast.Module) -> Iterator[str]:
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                yield code
            case ast.keyword(arg="code", value=ast.Name(id=name)) if name in named:
                yield str(named[name])
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                yield code


@pytest.mark.parametrize("code", sorted(codes()))
def test_a_code_is_explained(code):
    assert f"`{code}`" in read("errors.md")


def test_every_end_and_every_exit_is_explained():
    text = read("errors.md")
    exits = {row[0] for row in rows(text.partition("## Exit codes")[2])}

    for status in STATUSES:
        assert f"`{status}`" in text
    own = {
        value for name, value in vars(output).items() if name.isupper() and value in range(1, 128)
    }
    assert exits >= {"0", "2", *map(str, own)}


def test_every_value_of_celerys_configuration_is_explained():
    text = (ROOT / "docs" / "explanation" / "celery.md").read_text("utf-8")
    # Read, not imported: without a broker it refuses to be.
    given = (ROOT / "celeryconfig.py").read_text("utf-8")
    names = set(re.findall(r"^([a-z_]+) = ", given, re.MULTILINE)) - {"broker_transport_options"}
    inside = re.search(r"^broker_transport_options = (\{.*?^\})", given, re.DOTALL | re.MULTILINE)

    assert inside
    options = ast.parse(inside[1], mode="eval").body
    assert isinstance(options, ast.Dict)
    for name in names | {ast.literal_eval(key) for key in options.keys if key}:
        assert f"`{name}`" in text or name.endswith("_serializer"), name


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def too_long(text: str) -> Iterator[str]:
    """The lines past 100 columns that could be wrapped: no table, no output, not one long word."""
    for paragraph in re.split(r"\n\s*\n", text):
        transcript = re.search(r"^ {4,}\$ ", paragraph, re.MULTILINE)
        for line in paragraph.splitlines():
            said = line.startswith("    ") and not line.lstrip().startswith("$ ")
            whole = line.lstrip().startswith("|") or " " not in line.lstrip(" -*")
            if len(line) > 100 and not whole and not (transcript and said):
                yield line


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_end_at_100_columns(page):
    assert list(too_long(page.read_text("utf-8"))) == []


def test_what_can_be_wrapped_is_found():
    prose, word = "word " * 30, "x" * 120
    output = f"    $ make\n    {prose}"

    found = too_long(f"{prose}\n\n- {prose}\n\n    {prose}\n\n    $ {prose}")
    assert len(list(found)) == 4
    assert not list(too_long(f"| {prose} |\n\n[{word}]({word})\n\n- {word}\n\n{output}"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_of_the_documentation_is_linked_from_another():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in pages()
        for link in LINK.findall(page.read_text("utf-8"))
        if not re.match(r"[a-z]+:", link)
    }

    for page in pages():
        if ROOT / "docs" in page.parents:
            assert page in linked, page.relative_to(ROOT)
