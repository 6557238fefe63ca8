"""The connectors in a folder: a file for each family, in it a mapping for each NAME.

One that is wrong takes no other down with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.config import ConnectorConfig, parsed
from connectors.problems import of_secrets, sentences
from core.config import Problem, read
from core.errors import ConfigurationError

FAMILIES = ("pos", "suppliers", "reservations", "crm")
"""A family's file in the folder of the connectors is ``pos.yaml`` and so on."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}").fullmatch
NAME = "a name is 1 to 32 small letters, digits and '_', and begins with a letter"


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """A connector in a family's file."""

    name: str
    family: str
    config: ConnectorConfig

    @property
    def vendor(self) -> str:
        """Whose API it is."""
        return self.config.vendor or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Invalid:
    """A connector that cannot be used, and why: each problem as ``path: sentence.``.

    For a file that cannot be read ``name`` is the file's, and nobody knows the ``vendor``.
    """

    name: str
    family: str
    vendor: str | None
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """What the files say; ``connectors`` are by name."""

    connectors: Mapping[str, Configured]
    invalid: tuple[Invalid, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Every problem of every file."""
        return [problem for each in self.invalid for problem in each.problems]


def problems_of(name: str, invalid: Iterable[Invalid]) -> list[str]:
    """What is wrong with the connector of this name, or else with the files that nobody can read:
    one of them may hold it.
    """
    own = [problem for each in invalid for problem in each.problems if each.name == name]
    unread = [problem for each in invalid for problem in each.problems if each.vendor is None]
    return own or unread


def read_folder(folder: str | Path) -> Folder:
    """The connectors in the families' files of ``folder``; a file may be missing."""
    good: dict[str, Configured] = {}
    first: dict[str, str] = {}
    invalid = [*_misnamed(Path(folder))]
    for family in FAMILIES:
        file = Path(folder, f"{family}.yaml")
        try:
            named = _named(file)
        except ConfigurationError as error:
            invalid.append(_unread(file.name, family, *error.problems))
            continue
        for name, mapping in named.items():
            problems = [*_of_name(name, first.setdefault(name, family), family)]
            made = _read(name, family, mapping, problems, good.values())
            if isinstance(made, Invalid):
                invalid.append(made)
            else:
                good[name] = made
    return Folder(connectors=good, invalid=tuple(invalid))


def _read(
    name: str,
    family: str,
    mapping: object,
    problems: Iterable[Problem],
    known: Iterable[Configured],
) -> Configured | Invalid:
    config, wrong = parsed(mapping, (name,))
    problems = [*problems, *of_secrets(mapping, (name,)), *wrong]
    if config is not None:
        made = Configured(name=name, family=family, config=config)
        problems += _of_account(made, known)
        if not problems:
            return made
    vendor = mapping.get("vendor") if isinstance(mapping, Mapping) else None
    return Invalid(
        name=name,
        family=family,
        vendor=vendor if isinstance(vendor, str) else name,
        problems=tuple(sentences(problems)),
    )


def _unread(file: str, family: str, *problems: str) -> Invalid:
    return Invalid(name=file, family=family, vendor=None, problems=problems)


def _named(file: Path) -> dict[str, object]:
    """A family's mappings by name; a flat one is called as its vendor, no file is none."""
    mapping = read(file) if file.exists() else {}
    if "auth" not in mapping and "api" not in mapping:
        return {str(name): inside for name, inside in mapping.items()}
    vendor = mapping.get("vendor")
    if isinstance(vendor, str):
        return {vendor: mapping}
    raise ConfigurationError(
        "vendor: is missing; a file with one connector says which vendor's it is."
    )


def _misnamed(folder: Path) -> Iterator[Invalid]:
    """Files of a family that nobody would read; JSON is YAML, and is called so."""
    for family in FAMILIES:
        for other in ("yml", "json"):
            if (file := folder / f"{family}.{other}").exists():
                problem = f"{file}: is not read; call it {family}.yaml."
                yield _unread(file.name, family, problem)


def _of_name(name: str, first: str, family: str) -> Iterator[Problem]:
    if not _NAME(name):
        yield (name,), NAME
    if first != family:
        yield (name,), f"is in {first}.yaml too; a name is one connector's"


def _of_account(made: Configured, known: Iterable[Configured]) -> Iterator[Problem]:
    """Two connectors of one account would count everything twice."""
    account = _account(made)
    for other in known:
        if account is not None and account == _account(other):
            yield (made.name, "auth"), f"is the account of {other.name} too; keep one of them"


def _account(connector: Configured) -> object:
    """What tells an account of a vendor; None where only the vendor knows."""
    auth, config = connector.config.auth, connector.config
    known = (auth.token or auth.username) or (
        auth.client_id if auth.method == "oauth2_client_credentials" else auth.token_path
    )
    if known is None:
        return None
    return connector.vendor, config.api.base_url, config.customer_number, known
