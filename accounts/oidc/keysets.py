"""The public keys of a provider, each with the algorithms that it may be used with."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import PyJWTError, get_algorithm_by_name

KINDS = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""What a key must be for an algorithm."""
RSA_BITS = 2048
MOST_KEYS = 64

KeySet = Mapping[tuple[str, str], Any]
"""By `kid` ("" for a key without one) and algorithm."""

logger = logging.getLogger(__name__)


def read(document: Mapping[str, Any], algorithms: Sequence[str]) -> KeySet:
    """The keys of a JWKS that can verify one of the algorithms; others, and what is no key, are left out."""
    entries = document.get("keys")
    found: dict[tuple[str, str], Any] = {}
    for entry in entries[:MOST_KEYS] if isinstance(entries, list) else ():
        if isinstance(entry, dict) and _verifies(entry):
            kid = str(entry.get("kid", ""))
            found |= {(kid, name): key for name in algorithms if (key := _key(entry, name)) is not None}
    return found


def _verifies(entry: Mapping[str, Any]) -> bool:
    """Whether it is a public key of signatures."""
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and not {"d", "k"} & set(entry)
    )


def _key(entry: Mapping[str, Any], algorithm: str) -> Any:
    if (entry.get("kty"), entry.get("crv")) != KINDS[algorithm] or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        key: Any = get_algorithm_by_name(algorithm).from_jwk(dict(entry))  # type: ignore[no-untyped-call,unused-ignore]  # PyJWT's
    except (PyJWTError, ValueError, TypeError) as error:
        logger.info("a key of a login provider can't be read: %s", type(error).__name__)
        return None
    is_weak = isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS
    return None if is_weak else key


def is_signed(token: str, key: Any, algorithm: str) -> bool:
    """Whether a compact JWS, of whose form the caller is sure, carries the signature of a key."""
    from jwt.utils import base64url_decode

    message, _, signature = token.rpartition(".")
    try:
        return bool(
            get_algorithm_by_name(algorithm).verify(message.encode(), key, base64url_decode(signature))
        )
    except (PyJWTError, ValueError):
        return False
