"""The examples in ``config/`` can be read, as they are and with all that is commented out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors import vendors
from connectors.config import ConnectorConfig
from connectors.folder import FAMILIES, Folder, read_folder

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "config").glob("*.example.yaml"))
OF_OTHERS = {
    "auth.header", "auth.username", "auth.password", "auth.authorize_url", "auth.token_url",
    "api.product", "cache.ttl", "customer_number", "delivery_location_id", "fields", "gln.buyer",
    "gln.delivery", "gln.seller", "inbox_dir", "logging.format", "logging.level",
    "orders.approval", "outbox_dir", "transport",
}  # fmt: skip
"""Keys of suppliers and customers, of vendors that we do not know yet, and those that are not used;
the reference has them.
"""
BOTH = pytest.mark.parametrize("whole", [False, True], ids=["as it is", "with all its keys"])


def text_of(example: Path, *, whole: bool) -> str:
    text = example.read_text("utf-8")
    return re.sub(r"^( *)#(?=\S)", r"\1", text, flags=re.MULTILINE) if whole else text


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Reads an example as the file of its family, with something for each secret."""

    def read(example: Path, *, whole: bool) -> Folder:
        text = text_of(example, whole=whole)
        for name in re.findall(r"\$\{(\w+)\}", text):
            monkeypatch.setenv(name, f"a-secret-for-{name}")
        (tmp_path / f"{example.name.partition('.')[0]}.yaml").write_text(text, "utf-8")
        return read_folder(tmp_path)

    return read


def keys(value: object, *path: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, inside in value.items():
            yield from keys(inside, *path, name)
    else:
        yield ".".join(path)


def declared(model: type[BaseModel], *path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        sections = [it for it in kinds if isinstance(it, type) and issubclass(it, BaseModel)]
        if sections:
            yield from declared(sections[0], *path, name)
        else:
            yield ".".join((*path, name))


def test_each_family_that_has_vendors_has_an_example():
    named = {path.name.removesuffix(".example.yaml") for path in EXAMPLES}

    assert named >= {family for family in FAMILIES if vendors.names(family)}
    assert {name.partition(".")[0] for name in named} <= set(FAMILIES)


@BOTH
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_can_be_read(folder, example, whole):
    read = folder(example, whole=whole)

    assert read.problems == []
    for connector in read.connectors.values():
        vendor = vendors.find(connector.family, connector.vendor)
        assert vendor is not None
        assert connector.config.capabilities.keys() <= set(vendor.operations)


def test_every_key_of_a_point_of_sale_is_in_its_example(folder):
    read = folder(ROOT / "config" / "pos.example.yaml", whole=True)

    written = {"auth.client_secret", "auth.token_path"}  # in its comments
    for connector in read.connectors.values():
        written |= set(keys(connector.config.model_dump(exclude_unset=True)))
    assert {re.sub(r"^(shops|capabilities)\..*", r"\1", key) for key in written} == (
        set(declared(ConnectorConfig)) - OF_OTHERS
    )
