"""To which addresses a webhook may go: where a name leads is looked up once, checked, and connected to as it was.

Source: TRUST 18.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from connectors.errors import Rejected, Unavailable

Address = IPv4Address | IPv6Address

_CARRIES_IPV4 = tuple(ip_network(each) for each in ("64:ff9b::/96", "2002::/16", "2001::/32"))
"""NAT64, 6to4 and Teredo: behind the address there is another one."""
_OF_CLOUDS = frozenset({ip_address("168.63.129.16")})
"""Public by its number, and the machine's own host all the same."""


async def checked(system: str, host: str, port: int, *, embedded: bool) -> list[str]:
    """The addresses that a host's name leads to now, each of which may be connected to.

    Raises:
        Unavailable: nobody knows the name just now. Rejected: one of them lies inside.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(system, f"the name {host} leads nowhere", "check its address, and the name server") from None
    addresses = list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
    for address in addresses:
        if not (is_outside(address) or (embedded and address.is_loopback)):
            what = f"{host} leads to {address}, which lies inside a machine or a network"
            raise Rejected(system, what, "webhooks go to public addresses only: give the receiver one")
    return [str(address) for address in addresses]


def is_outside(address: Address) -> bool:
    """Whether it's an address of the public internet: not loopback, link-local, private, metadata, or multicast."""
    if address in _OF_CLOUDS or address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address.ipv4_mapped is None and not any(address in network for network in _CARRIES_IPV4)
