"""Who passkeys are made for: the domain that they are bound to, and the pages that may ask for them."""

import re
from urllib.parse import urlsplit

from echomate.config import config

_LOCALHOST = re.compile(r"https?://localhost(:\d{1,5})?")


def rp_id() -> str:
    """The setting, else the host of the web client, else of this server. No browser takes a bare address."""
    if config.passkey_rp_id:
        return config.passkey_rp_id
    host = urlsplit(config.web_url or config.public_url).hostname or "localhost"
    return "localhost" if host == "127.0.0.1" else host


def admits(origin: str) -> bool:
    """Whether passkeys that a page of this origin asked for count: a client's or this server's own, on the domain."""
    if config.is_local and rp_id() == "localhost":
        return bool(_LOCALHOST.fullmatch(origin))
    known = {_origin(url) for url in (config.web_url, config.public_url, *config.cors_allowed_origins) if url}
    if origin not in known:
        return False
    host = urlsplit(origin).hostname or ""
    return host == rp_id() or host.endswith(f".{rp_id()}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
