"""The stand-in of a source, as its owner changes and breaks it: through its control routes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests


def session() -> requests.Session:
    """HTTP without the proxies and passwords of the machine it runs on."""
    opened = requests.Session()
    opened.trust_env = False
    return opened


class Source:
    """What happens upstream, out of Moulin's hands."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        self._control = f"{parts.scheme}://{parts.netloc}/_sandbox"
        self._http = session()

    def change(self, count: int) -> None:
        """Change so many products' prices."""
        self._send("POST", "products/change", {"count": count})

    def product(self, ident: int) -> dict[str, object]:
        """One product as the source has it."""
        product: dict[str, object] = self._send("GET", f"products/{ident}")
        return product

    def edit(self, ident: int, table: str = "products", /, **fields: object) -> None:
        """Change fields of one product, or of one record of another table."""
        self._send("PATCH", f"{table}/{ident}", fields)

    def slow_down(self, seconds: float) -> None:
        """Answer each page of products late."""
        self._send("POST", "faults", {"kind": "slow", "endpoint": "products", "seconds": seconds})

    def recover(self) -> None:
        """Answer as it should again."""
        self._send("DELETE", "faults")

    def forget(self) -> None:
        """Begin a new list of requests."""
        self._send("DELETE", "log")

    def pages(self) -> list[str]:
        """The queries for products since, in their order."""
        return [
            entry["query"]
            for entry in self._send("GET", "log")
            if entry["path"].endswith("/products/")
        ]

    def _send(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, f"{self._control}/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None
