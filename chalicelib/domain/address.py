"""Where a call came from: the address that somebody tells, and the one that nobody can forge."""

from ipaddress import IPv4Address, ip_address, ip_network

import msgspec

_NETWORK = 64
"""Bits of an IPv6 address that name a network; the rest whoever is in it picks as he likes (RFC 4291, RFC 8981)."""


class Addresses(msgspec.Struct, frozen=True):
    """A call's `source` as API Gateway saw it, and its X-Forwarded-For; "" without one."""

    source: str
    forwarded: str = ""

    @property
    def sender(self) -> str:
        """Who called API Gateway: the reader himself, or the edge in front of it."""
        return network_of(self.source) or self.source

    @property
    def reader(self) -> str:
        """Who sat at the other end: edge and gateway each add whom they saw to the header, so the last but one.

        Whoever calls the gateway without the edge writes there what he likes; what is no address counts for nothing.
        """
        told = self.forwarded.split(",")[:-1]
        return (network_of(told[-1]) if told else None) or self.sender


def network_of(address: str) -> str | None:
    """What counts as one address: an IPv4 one itself, of an IPv6 one its network; None for what is no address."""
    try:
        known = ip_address(address.strip())
        known = getattr(known, "ipv4_mapped", None) or known
    except ValueError:
        return None
    return str(known if isinstance(known, IPv4Address) else ip_network((known, _NETWORK), strict=False))
