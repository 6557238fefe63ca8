"""The network of a client's address, against which its tries are counted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def neighbourhood(address: str) -> str:
    """The address; of IPv6 its first 64 bits, for one client has all addresses below them."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return address
