"""The public keys that our tokens are verified with, as a JWKS (RFC 7517), and the names of keys."""

import hashlib
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import get_algorithm_by_name

from echomate.config import config

ALGORITHMS: dict[type, str] = {Ed25519PublicKey: "EdDSA", RSAPublicKey: "RS256"}


def document() -> dict[str, Any]:
    """The current key and the former ones; none with HS256, whose key is a secret."""
    if config.jwt_algorithm == "HS256":
        return {"keys": []}
    pems = {**config.jwt_former_keys, config.jwt_key_id: config.jwt_public_key}
    return {"keys": [_entry(kid, pem) for kid, pem in reversed(pems.items())]}


@cache
def _entry(kid: str, pem: str) -> dict[str, Any]:
    algorithm = algorithm_of(pem)
    if algorithm is None:
        raise ValueError(f"the key {kid} is no public key")
    return {**jwk(load_pem_public_key(pem.encode()), algorithm), "kid": kid, "use": "sig", "alg": algorithm}


def algorithm_of(key: str) -> str | None:
    """With which a public key verifies; None for what is no such key in PEM, a secret."""
    try:
        loaded = load_pem_public_key(key.encode())
    except ValueError:
        return None
    return next((name for kind, name in ALGORITHMS.items() if isinstance(loaded, kind)), None)


def jwk(key: PublicKeyTypes, algorithm: str) -> dict[str, Any]:
    """The members that make a public key."""
    found: dict[str, Any] = get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True)
    return {name: value for name, value in found.items() if name in ("kty", "crv", "x", "n", "e")}


def thumbprint(key: PublicKeyTypes, algorithm: str) -> str:
    """The name of a key that follows from the key itself (RFC 7638), in 16 characters."""
    canonical = orjson.dumps(jwk(key, algorithm), option=orjson.OPT_SORT_KEYS)
    return urlsafe_b64encode(hashlib.sha256(canonical).digest()).decode()[:16]
