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
_OF_CLOUDS = frozenset({ip_address("168.63.129.16"), ip_address("fd00:ec2::254")})
"""Where clouds answer their own machines: public, or a company's own, by the number alone."""
_OF_A_COMPANY = tuple(ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
"""A company's own network (RFC 1918, RFC 4193): its access system stands there, and the operator named it."""


async def checked(system: str, host: str, port: int, *, embedded: bool) -> list[str]:
    """The addresses that a host's name leads to now, each of which may be connected to.

    Raises:
        Unavailable: nobody knows the name just now. Rejected: one of them may not be asked.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(system, f"the name {host} leads nowhere", "check its address, and the name server") from None
    addresses = list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
    for address in addresses:
        if not (is_elsewhere(address) or (embedded and address.is_loopback)):
            what = f"{host} leads to {address}: this machine itself, its cloud's metadata, or nobody's address"
            raise Rejected(system, what, "give the receiver an address of the internet or of your own network")
    return [str(address) for address in addresses]


def is_elsewhere(address: Address) -> bool:
    """Whether it's of the internet or of a company's own network: not loopback, link-local, metadata, or multicast."""
    if address in _OF_CLOUDS or address.is_multicast:
        return False
    if any(address in network for network in _OF_A_COMPANY):
        return True
    if not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address.ipv4_mapped is None and not any(address in network for network in _CARRIES_IPV4)
