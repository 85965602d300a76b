"""Which addresses a provider may be reached at: public ones over https; while developing this machine, too.

A name is resolved once, and the connection goes to the very address that was looked at, so that a name that means
something else a moment later leads nowhere.
"""

import ipaddress
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from echomate.config import config

Address = IPv4Address | IPv6Address
PORTS = {"https": 443, "http": 80}
RESERVED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind carriers' NAT
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, where clouds tell instances their secrets
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "2001::/23",  # protocols: Teredo, benchmarks, ORCHID, AMT
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which holds an IPv4 address, private ones too
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
"""IANA's registries of special-purpose and multicast addresses, with the exceptions within: no provider is there."""
UNICAST = IPv6Network("2000::/3")
"""All that IANA gives out of IPv6. NAT64, mapped and link-local addresses, multicast and the rest lie elsewhere."""


class UnsafeAddress(Exception):
    """A URL that is not called, whoever names it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads."""

    is_secure: bool
    host: str
    port: int
    target: str
    addresses: tuple[str, ...]
    """All that may be called, the best first."""

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.is_secure else "http"] else f"{host}:{self.port}"


def locate(url: str, *, seconds: float) -> Place:
    """The place of a URL that may be called. Raises `UnsafeAddress`, or `OSError` where there is no such host."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise UnsafeAddress("no URL") from error
    if parts.scheme not in PORTS or not host or "@" in parts.netloc or not _is_plain(url):
        raise UnsafeAddress("no plain http(s) URL")
    port = port or PORTS[parts.scheme]
    addresses = _resolve(host, port, seconds)
    is_secure = parts.scheme == "https"
    if not addresses or not all(_may_call(address, is_secure=is_secure) for address in addresses):
        raise UnsafeAddress("not a public address over https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(is_secure, host, port, target, tuple(map(str, addresses)))


def _is_plain(url: str) -> bool:
    """Whether it holds nothing that one parser would read in another way than the next."""
    return url.isascii() and url.isprintable() and not set(url) & set(' \\"<>^`{|}')


def _may_call(address: Address, *, is_secure: bool) -> bool:
    if config.is_local and address.is_loopback:
        return True
    return is_secure and is_public(address)


def is_public(address: Address) -> bool:
    """Whether it is an address of the internet; a mapped one is what it holds within."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in UNICAST:
            return False
    return not any(address in network for network in RESERVED)


@cache
def _resolvers() -> ThreadPoolExecutor:
    """The system's resolver has no time limit of its own, so it is waited for from outside."""
    return ThreadPoolExecutor(4, thread_name_prefix="resolver")


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    asked: Future[list[Any]] = _resolvers().submit(
        socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    try:
        found = asked.result(timeout=seconds)
    except UnicodeError as error:
        raise UnsafeAddress("no host name") from error
    finally:
        asked.cancel()  # or what nobody waits for any more would hold up those who come later
    return [ipaddress.ip_address(entry[4][0].partition("%")[0]) for entry in found]
