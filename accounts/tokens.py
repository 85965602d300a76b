"""Access and refresh tokens: JWTs with the claims `sub sid jti`, signed by keys that have a `kid`.

The algorithm is the settings', never the token's; keys come from the settings, never from the token's header.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple, Self

import jwt
import orjson
from jwt.algorithms import HMACAlgorithm
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    ExpiredTokenError,
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)
from rest_framework_simplejwt.tokens import Token

from accounts import keyset
from echomate.config import config
from echomate.errors import Unauthenticated
from echomate.ids import parse_id

REMEMBERED = 8192
MAX_LENGTH = 2048
_KEY = re.compile(r"\s*(-----BEGIN|ssh-|ecdsa-|sk-)")
_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


class KeyedBackend(TokenBackend):
    """Signs with the newest key and names it by `kid`; verifies with the key that the `kid` names, as that key does."""

    def __init__(
        self, algorithm: str, *, key_id: str, signing_key: str, verifying_keys: dict[str, str]
    ) -> None:
        super().__init__(algorithm, signing_key)
        self.key_id = key_id
        self._signer = _signer(algorithm)
        self.verifiers = {kid: _verifier(key) for kid, key in verifying_keys.items()}

    def encode(self, payload: dict[str, Any]) -> str:
        return self._signer.encode(
            orjson.dumps(payload),
            self.prepared_signing_key,
            algorithm=self.algorithm,
            headers={"kid": self.key_id},
        )

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - simplejwt's
        verifier = self.verifiers.get(_key_id(token))
        if verifier is None:
            raise TokenBackendError("Token is invalid")
        claims: dict[str, Any] = verifier.decode(token, verify)
        return claims


class _SecretAtHand(HMACAlgorithm):
    """HS256 with a secret that `prepared_signing_key` has looked at, which takes PyJWT 60 µs at each use."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key if isinstance(key, bytes) else super().prepare_key(key)


def _signer(algorithm: str) -> jwt.PyJWS:
    signer = jwt.PyJWS()
    if algorithm == "HS256":
        signer.unregister_algorithm(algorithm)
        signer.register_algorithm(algorithm, _SecretAtHand(HMACAlgorithm.SHA256))
    return signer


def _verifier(key: str) -> TokenBackend:
    """What verifies with one key. The algorithm follows from the key, so that no public key is taken for a secret.

    Raises `ValueError` for a key of another kind: as a secret, it would be one that everybody knows.
    """
    algorithm = keyset.algorithm_of(key)
    if algorithm is None and _KEY.match(key):
        raise ValueError("a key that tokens are verified with must be an Ed25519 or RSA public key in PEM")
    if algorithm is None:
        return TokenBackend("HS256", signing_key=key)
    return TokenBackend(algorithm, verifying_key=key)


def _key_id(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("kid"))
    except jwt.InvalidTokenError as error:
        raise TokenBackendError("Token is invalid") from error


@cache
def backend() -> KeyedBackend:
    """The process's signer and verifier, as the settings say."""
    symmetric = config.jwt_algorithm == "HS256"
    current = config.jwt_secret if symmetric else config.jwt_public_key
    return KeyedBackend(
        config.jwt_algorithm,
        key_id=config.jwt_key_id,
        signing_key=config.jwt_secret if symmetric else config.jwt_private_key,
        verifying_keys={**config.jwt_former_keys, config.jwt_key_id: current},
    )


class _SessionToken(Token):
    """A token that belongs to a session of a user."""

    @classmethod
    def of(cls, user: int, sid: str) -> Self:
        token = cls()
        token["sub"], token["sid"] = str(user), sid
        return token

    def get_token_backend(self) -> TokenBackend:
        return backend()


class AccessToken(_SessionToken):
    token_type = "access"  # noqa: S105 - its kind
    lifetime = timedelta(seconds=config.access_token_seconds)


class RefreshToken(_SessionToken):
    token_type = "refresh"  # noqa: S105 - its kind
    lifetime = timedelta(seconds=config.refresh_token_seconds)

    @classmethod
    def issued(cls, user: int, sid: str, *, jti: str, at: int) -> Self:
        """The refresh token of a `jti`: the same string whenever it is made, `at` being Unix seconds."""
        token = cls.of(user, sid)
        token["jti"] = jti
        moment = datetime.fromtimestamp(at, UTC)
        token.set_iat(at_time=moment)
        token.set_exp(from_time=moment)
        return token


class Claims(NamedTuple):
    """What a token that was verified says."""

    user: int
    sid: str
    jti: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str


def pair(user: int, sid: str, *, jti: str, at: int) -> TokenPair:
    """A fresh access token, and the refresh token that a session holds the `jti` of."""
    return TokenPair(str(AccessToken.of(user, sid)), str(RefreshToken.issued(user, sid, jti=jti, at=at)))


def read_access(token: str) -> Claims:
    """The claims of an access token. Raises `Unauthenticated`: `token-expired`, `token-invalid`."""
    claims = _verified_access(token)
    if claims.expires_at <= time.time():
        raise expired()
    return claims


def read_refresh(token: str) -> Claims:
    """The same of a refresh token."""
    return _verified(RefreshToken, token)


@lru_cache(maxsize=REMEMBERED)
def _verified_access(token: str) -> Claims:
    """Remembers tokens whose signature was verified, by the whole token; refusals are not remembered."""
    return _verified(AccessToken, token)


def _verified(kind: type[_SessionToken], token: str) -> Claims:
    if len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
        raise invalid()
    try:
        payload = kind(token).payload  # type: ignore[arg-type]  # its annotation says Token
    except ExpiredTokenError as error:
        raise expired() from error
    except (TokenError, TokenBackendExpiredToken) as error:
        raise invalid() from error
    return _claims(payload)


def _claims(payload: dict[str, Any]) -> Claims:
    user = parse_id(str(payload.get("sub")))
    sid, jti = payload.get("sid"), payload.get("jti")
    if user is None or not isinstance(sid, str) or not isinstance(jti, str) or not sid:
        raise invalid()
    return Claims(user, sid, jti, int(payload["exp"]))


def expired() -> Unauthenticated:
    return Unauthenticated(type="token-expired", headers=_challenge("The token has expired"))


def invalid() -> Unauthenticated:
    return Unauthenticated(type="token-invalid", headers=_challenge("The token is not valid"))


def _challenge(description: str) -> dict[str, str]:
    challenge = f'Bearer realm="api", error="invalid_token", error_description="{description}"'
    return {"WWW-Authenticate": challenge}
