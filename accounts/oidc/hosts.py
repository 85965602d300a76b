"""Which addresses a provider may be reached at: public ones over https; while developing this machine, too.

A name is resolved once, and the connection goes to the very address that was looked at, so that a name that means
something else a moment later leads nowhere.
"""

import ipaddress
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any
from urllib.parse import urlsplit

from echomate.config import config

Address = IPv4Address | IPv6Address
PORTS = {"https": 443, "http": 80}
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""NAT64: an IPv4 address, private ones too, that looks like a public IPv6 one."""


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
    """Whether it is an address of the internet, also by what it holds within."""
    if isinstance(address, IPv6Address):
        within = address.ipv4_mapped or address.sixtofour
        if within is not None:
            return is_public(within)
        if address.teredo or address.is_site_local or any(address in network for network in TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


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
    return [ipaddress.ip_address(entry[4][0].partition("%")[0]) for entry in found]
