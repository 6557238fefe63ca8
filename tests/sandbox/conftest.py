"""A small inventory and a client that holds its key."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox import b2b

Ask = Callable[..., requests.Response]


@pytest.fixture
def source() -> Iterator[b2b.B2B]:
    with b2b.serve(products=250, key="secret", seed=1) as served:
        yield served


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


@pytest.fixture
def ask(source: b2b.B2B, session: requests.Session) -> Ask:
    """Asks a page of products, of the ``source`` fixture unless another one is given."""

    def get(page: int = 1, *, of: b2b.B2B = source, key: str | None = None, **extra: Any):
        headers = {"Authorization": f"Bearer {key or of.key}"}
        options = {"timeout": 10, "allow_redirects": False} | extra
        return session.get(f"{of.url}/api/products/?page={page}", headers=headers, **options)

    return get


@pytest.fixture
def categories(source: b2b.B2B, session: requests.Session) -> Ask:
    """Asks the categories; ``page`` is left away unless given."""

    def get(*, of: b2b.B2B = source, key: str | None = None, **parameters: Any):
        headers = {"Authorization": f"Bearer {key or of.key}"}
        url = f"{of.url}/b2c/categories/"
        return session.get(url, params=parameters, headers=headers, timeout=10)

    return get


@pytest.fixture
def walk(source: b2b.B2B, session: requests.Session) -> Callable[[], list[dict[str, Any]]]:
    """Follows ``next`` from the first page to the last, as a client does."""

    def follow() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        link = f"{source.url}/api/products/?page=1&page_size=100"
        while link:
            answer = session.get(
                link, headers={"Authorization": f"Bearer {source.key}"}, timeout=10
            ).json()
            found += answer["results"]
            link = answer["next"]
        return found

    return follow
