"""Where a call comes from: what its session shows of it, and what the limits go by."""

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache

from rest_framework.request import Request

from accounts import cookies
from echomate import throttling

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Vivaldi/": "Vivaldi",
    "YaBrowser/": "Yandex Browser",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chromium/": "Chromium",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
    "okhttp/": "an Android app",
    "CFNetwork/": "an Apple app",
    "python": "Python",
}
"""What a User-Agent holds, and whose it is. Many hold the words of others as well: the first that fits counts."""
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "Darwin": "an Apple system",
    "Linux": "Linux",
}
USER_AGENT_MAX = 512
"""So much of one is looked at."""
NETWORKS = {4: 24, 6: 48}
"""How many bits of an address are shown, by its version."""


@dataclass(frozen=True, slots=True)
class Origin:
    """`device` in words and `address` coarsely are what its session keeps; `client` is whom limits count as one."""

    device: str = ""
    address: str = ""
    client: str = ""
    device_token: str = field(default="", repr=False)
    """As the client gave it: anything, unless it is known."""
    known_until: int | None = None
    """Unix seconds until which the account knows the device by its token, 0 if it doesn't; None while nobody looked."""
    known_again: bool = False
    """Whether an earlier login has shown that token, too."""

    @property
    def known_token(self) -> str:
        return self.device_token if self.known_until else ""


NOWHERE = Origin()


def origin_of(request: Request, *, device_token: str | None = None) -> Origin:
    """The origin of a call; without a device token in its body, the cookie's counts."""
    address = throttling.client_address(request._request)
    return Origin(
        device=device_of(request.META.get("HTTP_USER_AGENT", "")[:USER_AGENT_MAX]),
        address=coarse(address),
        client=throttling.address_subject(address),
        device_token=device_token or request.COOKIES.get(cookies.DEVICE, ""),
    )


@lru_cache(maxsize=512)
def device_of(user_agent: str) -> str:
    """Browser and system, `Firefox on Linux`, as far as a User-Agent tells; it is made of our own words only."""
    browser, system = (
        next((name for mark, name in marks.items() if mark in user_agent), "")
        for marks in (BROWSERS, SYSTEMS)
    )
    return " on ".join(part for part in (browser, system) if part)


@lru_cache(maxsize=4096)
def coarse(address: str) -> str:
    """The network that an address is in: an IPv4 /24, an IPv6 /48."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed.packed, NETWORKS[parsed.version]), strict=False))
