"""Whose address it is: what is counted against an address is counted against who has it."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def neighbourhood(address: str) -> str:
    """The address; of IPv6 its first 64 bits, for whoever has one has all of the rest."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return address
