"""Category trees that no inventory should send, and some do."""

from collections.abc import Iterable

from sandbox.collection import Record


def chain(depth: int, *, first: int = 1) -> list[Record]:
    """Each category is the parent of the next one; 10,000 of them end any recursion."""
    return [_category(n, n - 1 if n > first else None) for n in range(first, first + depth)]


def cycle(length: int, *, first: int = 1) -> list[Record]:
    """A chain whose first category is a child of its last; one alone is its own parent."""
    last = first + length - 1
    return [_category(n, n - 1 if n > first else last) for n in range(first, last + 1)]


def orphans(count: int, *, first: int = 1) -> list[Record]:
    """Categories whose parent does not exist."""
    return [_category(n, 900_000_000 + n) for n in range(first, first + count)]


def children_first(records: Iterable[Record]) -> list[Record]:
    """The same categories, the deepest first (a chain or tree that was listed parents first)."""
    return list(reversed(list(records)))


def _category(n: int, parent_id: int | None) -> Record:
    return {
        "id": n,
        "name": f"Rayon n° {n}",
        "parent_id": parent_id,
        "description": "",
        "image": None,
    }
