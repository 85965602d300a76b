"""Whether a provider's token is what it says: its form, its signature, its time, whom it is for."""

import hashlib
import hmac
import math
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import orjson
from jwt.utils import base64url_decode

from accounts.oidc import keysets
from accounts.oidc.identities import Identity
from accounts.oidc.providers import configured_issuer, provider
from echomate.config import OidcIssuer, config

MAX_LENGTH = 8192
LEEWAY_SECONDS = 30
LIFE_SECONDS_MAX = 366 * 86_400
ID_TOKEN_AGE_SECONDS = 600
SUBJECT_MAX = 255
BEARER_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
ID_TYPES = frozenset({"jwt"})
MARKS_OF_ID_TOKENS = frozenset({"nonce", "at_hash", "c_hash"})
_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_HASHES = {"EdDSA": "sha512"}


class TokenRefused(Exception):
    """It is not accepted; `is_expired` where it would have been a while ago."""

    def __init__(self, why: str, *, is_expired: bool = False) -> None:
        super().__init__(why)
        self.is_expired = is_expired


def issuer_of(token: str) -> OidcIssuer | None:
    """The provider that a token claims to be of, if that is configured. Nothing is verified."""
    if not config.oidc_issuers or len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
        return None
    try:
        issuer = _part(token, 1).get("iss")
    except TokenRefused:
        return None
    return configured_issuer(issuer) if isinstance(issuer, str) else None


def verify_bearer(token: str, issuer: OidcIssuer) -> Identity:
    """The identity of a token for this API. Raises `TokenRefused`, `DependencyAway`."""
    claims = _verified(token, issuer, types=BEARER_TYPES)
    _check_audience(claims, issuer)
    _require(claims.get("token_use", issuer.token_use) == issuer.token_use, "its use")
    looks_like_id = "token_use" not in claims and bool(MARKS_OF_ID_TOKENS & set(claims))
    _require(issuer.token_use == "id" or not looks_like_id, "it is an ID token")  # noqa: S105 - a kind of token
    _require("cnf" not in claims, "it is bound to a key that is not shown")
    _require(set(issuer.scopes) <= _scopes(claims), "its scopes")
    return _identity(token, issuer, claims)


def verify_id_token(token: str, issuer: OidcIssuer, *, nonce: str, access_token: str) -> Identity:
    """The identity of a fresh ID token for this client (OpenID Connect Core 3.1.3.7). Raises as `verify_bearer`."""
    claims = _verified(token, issuer, types=ID_TYPES)
    audiences = _texts(claims.get("aud"))
    _require(issuer.client_id in audiences, "its audience")
    azp = claims.get("azp", issuer.client_id if len(audiences) == 1 else None)
    _require(azp == issuer.client_id, "the party it was issued to")
    _require(claims.get("token_use", "id") == "id", "its use")
    _require(hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()), "its nonce")
    _require(_number(claims, "iat") >= time.time() - ID_TOKEN_AGE_SECONDS, "its age")
    _check_access_token(token, claims, access_token)
    return _identity(token, issuer, claims)


def _verified(token: str, issuer: OidcIssuer, *, types: frozenset[str]) -> dict[str, Any]:
    """The claims under a good signature that are good now."""
    _require(len(token) <= MAX_LENGTH and bool(_COMPACT.fullmatch(token)), "its form")
    header = _part(token, 0)
    algorithm, kid = header.get("alg"), header.get("kid", "")
    _require(isinstance(algorithm, str) and algorithm in issuer.algorithms, "its algorithm")
    _require(isinstance(kid, str) and not {"crit", "b64", "zip"} & set(header), "its header")
    _require(str(header.get("typ", "jwt")).lower() in types, "its type")
    key = provider(issuer).key(kid, str(algorithm))
    _require(key is not None and keysets.is_signed(token, key, str(algorithm)), "its signature")
    claims = _part(token, 1)
    _check_common(claims, issuer)
    return claims


def _check_common(claims: Mapping[str, Any], issuer: OidcIssuer) -> None:
    now, subject = time.time(), claims.get("sub")
    _require(claims.get("iss") == issuer.issuer, "its issuer")
    _require(isinstance(subject, str) and 0 < len(subject) <= SUBJECT_MAX, "its subject")
    if _number(claims, "exp") <= now - LEEWAY_SECONDS:
        raise TokenRefused("its end", is_expired=True)
    _require(_number(claims, "exp") <= now + LIFE_SECONDS_MAX, "its end")
    _require(_number(claims, "iat") <= now + LEEWAY_SECONDS, "when it was issued")
    if "nbf" in claims:
        _require(_number(claims, "nbf") <= now + LEEWAY_SECONDS, "its beginning")


def _check_audience(claims: Mapping[str, Any], issuer: OidcIssuer) -> None:
    """Access tokens of Cognito have no `aud`; the client they were issued to stands for it."""
    accepted = set(issuer.audiences) or {issuer.client_id}
    if "aud" not in claims and claims.get("token_use") == "access":
        accepted |= {issuer.client_id}
        _require(claims.get("client_id") in accepted, "its client")
    else:
        _require(bool(accepted & set(_texts(claims.get("aud")))), "its audience")


def _check_access_token(token: str, claims: Mapping[str, Any], access_token: str) -> None:
    """`at_hash`, where there is one: the left half of the hash of the access token that came with it."""
    if "at_hash" not in claims:
        return
    name = _HASHES.get(_part(token, 0)["alg"], "sha256")
    digest = hashlib.new(name, access_token.encode()).digest()
    expected = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    _require(bool(access_token) and claims["at_hash"] == expected, "its access token")


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    scope = claims.get("scope", claims.get("scp", ""))
    return set(scope.split() if isinstance(scope, str) else _texts(scope))


def _texts(value: Any) -> list[str]:
    """One text or several, as `aud` may be."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number:
        raise TokenRefused(f"its {name}")
    return float(value)  # type: ignore[arg-type]  # it is a number


def _part(token: str, number: int) -> dict[str, Any]:
    try:
        found = orjson.loads(base64url_decode(token.split(".")[number]))
    except ValueError as error:
        raise TokenRefused("its form") from error
    if not isinstance(found, dict):
        raise TokenRefused("its form")
    return found


def _require(holds: bool, what: str) -> None:  # noqa: FBT001 - it is what is required
    if not holds:
        raise TokenRefused(what)


def _identity(token: str, issuer: OidcIssuer, claims: dict[str, Any]) -> Identity:
    return Identity(issuer, claims, hashlib.sha256(token.encode()).hexdigest())
