"""What production refuses to start with: each weakness is a sentence that names its setting."""

import re
from collections.abc import Iterator
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from echomate.config import Config

SECRET_LETTERS, SECRET_DIFFERENT = 32, 8
RSA_BITS = 2048
"""NIST SP 800-131A: what is shorter is disallowed."""
STRONG_KEYS = f"Ed25519, or RSA of {RSA_BITS} bits or more"
RATE_LIMIT_FACTOR = 10
PUBLISHED = {
    "development-only-secret-that-production-refuses",
    "ZGV2ZWxvcG1lbnQtb25seS1rZXktdGhhdC1pcy1ub3Q=",
}
"""Secrets that earlier versions had in their source."""

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
INSIDE = [
    *map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")),
    *map(ip_network, ("172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10")),
]
OUTSIDE_AT_MOST = {4: 24, 6: 64}
"""The shortest prefix of a network of the internet: a site's, not everybody's."""
_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)


def weaknesses(config: "Config") -> Iterator[str]:
    yield from _secrets(config)
    yield from _signing_keys(config)
    yield from _addresses(config)
    yield from _doors(config)
    yield from _stores(config)
    if config.debug:
        yield "DEBUG must be off"
    if config.test_index_delay_seconds > 0:
        yield "TEST_INDEX_DELAY_SECONDS is for tests"
    if config.mail_backend == "file":
        yield "MAIL_BACKEND must be ses: links that open accounts would lie in files"
    _, at, domain = parseaddr(config.mail_from)[1].rpartition("@")
    if not at or domain in LOCAL_HOSTS:
        yield "MAIL_FROM must be an address of yours"
    if config.rate_limit_factor > RATE_LIMIT_FACTOR:
        yield f"RATE_LIMIT_FACTOR must be {RATE_LIMIT_FACTOR} at most, or passwords may be guessed"


def _secrets(config: "Config") -> Iterator[str]:
    secret = config.secret_key
    if not config.is_given("secret_key") or secret in PUBLISHED or secret.startswith("django-insecure-"):
        yield "SECRET_KEY is missing or one that others know"
    elif len(secret) < SECRET_LETTERS or len(set(secret)) < SECRET_DIFFERENT:
        yield f"SECRET_KEY must have {SECRET_LETTERS} characters, {SECRET_DIFFERENT} different ones among them"
    if not config.is_given("encryption_keys") or PUBLISHED & set(config.encryption_keys):
        yield "ENCRYPTION_KEYS is missing or one that others know"
    elif any(len(set(key)) < SECRET_DIFFERENT for key in config.encryption_keys):
        yield "ENCRYPTION_KEYS must be made at random"


def _signing_keys(config: "Config") -> Iterator[str]:
    algorithm = config.jwt_algorithm
    if algorithm == "HS256":
        yield "JWT_ALGORITHM must be EdDSA or RS256"
    elif not (config.jwt_private_key and config.jwt_public_key):
        yield "JWT_PRIVATE_KEY and JWT_PUBLIC_KEY are missing"
    elif verifies_with(config.jwt_public_key) != algorithm:
        yield f"JWT_PUBLIC_KEY is no public PEM key for JWT_ALGORITHM {algorithm} ({STRONG_KEYS})"
    elif not _keys_fit(config):
        yield f"JWT_PRIVATE_KEY and JWT_PUBLIC_KEY are no pair of PEM keys for JWT_ALGORITHM {algorithm}"
    if not all(map(verifies_with, config.jwt_former_keys.values())):
        yield f"JWT_FORMER_KEYS must hold public PEM keys ({STRONG_KEYS})"


def verifies_with(text: str) -> str | None:
    """The algorithm that a public PEM key is for; None for what is none, and for a weak one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, RSAPublicKey):
        return "RS256" if key.key_size >= RSA_BITS else None
    return "EdDSA" if isinstance(key, Ed25519PublicKey) else None


def _keys_fit(config: "Config") -> bool:
    """Whether what one key signs, the other verifies."""
    import jwt

    try:
        signed = jwt.encode({}, config.jwt_private_key, algorithm=config.jwt_algorithm)
        jwt.decode(signed, config.jwt_public_key, algorithms=[config.jwt_algorithm])
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def _addresses(config: "Config") -> Iterator[str]:
    """Where the server sends people, and what it sends in the clear."""
    if not is_origin(config.public_url, "https"):
        yield "PUBLIC_URL must be an https address without a path"
    elif not _is_served(urlsplit(config.public_url).hostname or "", config.allowed_hosts):
        yield "ALLOWED_HOSTS must name the host of PUBLIC_URL"
    for name in ("web_url", "cloudfront_url", "media_public_url"):
        if (url := getattr(config, name)) and not _is_secure(url):
            yield f"{name.upper()} must be an https address"
    for name in ("aws_endpoint_url", "dynamodb_endpoint_url"):
        if (url := getattr(config, name)) and not (_is_secure(url) or _is_of_this_machine(url)):
            yield f"{name.upper()} must be an https address, or one of this machine"
    for issuer in config.oidc_issuers:
        if not _is_secure(issuer.issuer):
            yield "OIDC_ISSUERS must be https addresses"
        if any(uri.startswith("http:") and not _is_of_this_machine(uri) for uri in issuer.redirect_uris):
            yield "OIDC_ISSUERS may lead back over http to the user's own machine only"


def _doors(config: "Config") -> Iterator[str]:
    """Who is let in."""
    hosts = config.allowed_hosts
    if not all(map(_HOST.fullmatch, hosts)) or {host.strip("[]") for host in hosts} <= LOCAL_HOSTS:
        yield "ALLOWED_HOSTS must name the hosts, and no * among them"
    if not all(is_origin(origin, "https") for origin in config.cors_allowed_origins):
        yield "CORS_ALLOWED_ORIGINS must be https origins: no null, no *, no path"
    if not all(map(_is_bounded, config.metrics_networks)):
        yield "METRICS_NETWORKS must be networks of yours, not the internet"


def _stores(config: "Config") -> Iterator[str]:
    """The database of feeds and caches may be emptied: nothing else lies in it."""
    has_names = bool(config.redis_sentinels)
    feeds = _database(config.redis_url, is_named=has_names and not config.redis_cluster)
    state = _database(config.redis_state_url, is_named=has_names)
    for name, database in (("REDIS_URL", feeds), ("REDIS_STATE_URL", state)):
        if database is None:
            yield f"{name} must be an address of Redis: redis://, rediss:// or unix://"
    brokers = [*map(_database, _brokers(config.celery_broker_url))]
    for name, databases in (("REDIS_STATE_URL", [state]), ("CELERY_BROKER_URL", brokers)):
        if feeds and any(
            database and _is_emptied(database, with_=feeds, is_cluster=config.redis_cluster)
            for database in databases
        ):
            yield f"{name} must name another database than REDIS_URL, which may be emptied"


def _brokers(url: str) -> list[str]:
    """The addresses of a broker, of which kombu takes several, as redis-py writes them: it calls a socket otherwise."""
    return url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=").split(";")


def _database(url: str, *, is_named: bool = False) -> tuple[str, int, int] | None:
    """Place, port and number of a database of Redis, however its URL is written; None for a URL of something else.

    `is_named`: the host is the name of a service, which sentinels are asked for; its port means nothing.
    """
    from redis.connection import parse_url

    try:
        parts = parse_url(url)  # type: ignore[no-untyped-call]  # redis-py's
    except ValueError:
        return None
    host, number = str(parts.get("host", "localhost")), int(parts.get("db", 0))
    if is_named:
        return f"the service {host}", 0, number
    place = str(parts.get("path", "this machine" if host in LOCAL_HOSTS else host))
    return place, int(parts.get("port", 6379)), number


def _is_emptied(database: tuple[str, int, int], *, with_: tuple[str, int, int], is_cluster: bool) -> bool:
    """A node of a cluster has a single database."""
    return database[:2] == with_[:2] if is_cluster else database == with_


def _is_served(host: str, allowed: list[str]) -> bool:
    from django.http.request import validate_host

    return validate_host(f"[{host}]" if ":" in host else host, allowed)


def _is_secure(url: str) -> bool:
    return _is_plain(url, "https")


def is_origin(url: str, *schemes: str) -> bool:
    """Whether a URL is a scheme, a host and perhaps a port, and nothing more."""
    return _is_plain(url, *schemes) and not url.partition("://")[2].count("/")


def _is_plain(url: str, *schemes: str) -> bool:
    """With a host; without a user, who would pass for it, and without a query, which what is appended would join."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return bool(
        parts.scheme in schemes
        and parts.hostname
        and _HOST.fullmatch(parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc)
        and not (parts.query or parts.fragment or "?" in url or "#" in url)
    )


def _is_of_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_bounded(network: IPv4Network | IPv6Network) -> bool:
    is_inside = any(network.version == one.version and network.subnet_of(one) for one in INSIDE)  # type: ignore[arg-type]  # of one version
    return is_inside or network.prefixlen >= OUTSIDE_AT_MOST[network.version]
