"""The network address of a client, also behind proxies that are trusted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
# parsing costs more than the rest of a connect's bookkeeping, and crowds come through few proxies and networks
MOST_KNOWN = 4096


class Addresses:
    """Finds the address that limits count by; an IPv6 client is its /64, as it owns all addresses in it."""

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ip_network(proxy, strict=False) for proxy in trusted_proxies)
        self._known: dict[tuple[str, str], str] = {}

    def of(self, peer: str, forwarded_for: str) -> str:
        """The last address in the chain that no trusted proxy stands for."""
        found = self._known.get((peer, forwarded_for))
        if found is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            found = self._known[peer, forwarded_for] = self._found(peer, forwarded_for)
        return found

    def _found(self, peer: str, forwarded_for: str) -> str:
        address = _parsed(peer)
        chain = [part.strip() for part in forwarded_for.split(",") if part.strip()]
        while chain and self._trusts(address, peer):
            further = _parsed(chain.pop())
            if further is None:
                break
            address = further
        return _counted(address, peer)

    def _trusts(self, address: IPv4Address | IPv6Address | None, peer: str) -> bool:
        # a peer without an address comes over a unix socket: that can only be the proxy
        if address is None:
            return not peer and bool(self._trusted)
        return any(address in network for network in self._trusted)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _counted(address: IPv4Address | IPv6Address | None, peer: str) -> str:
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address) if address is not None else peer
