"""Whom a provider's token is about."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts import names
from echomate import keys
from echomate.config import OidcIssuer

LABEL_MAX = 100


@dataclass(frozen=True, slots=True)
class Subject:
    """Who somebody is at a provider, as far as a link to an account keeps it."""

    issuer: OidcIssuer
    digest: str
    """What stands for issuer and subject in keys."""
    label: str
    """What its owner knows it by."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The claims of a token that was verified."""

    issuer: OidcIssuer
    claims: Mapping[str, Any] = field(repr=False)
    token_digest: str = field(repr=False)

    @property
    def subject(self) -> Subject:
        return Subject(self.issuer, self.digest, self.label)

    @property
    def digest(self) -> str:
        """What stands for issuer and subject in keys."""
        return keys.oidc_digest(self.issuer.issuer, self.claims["sub"])

    @property
    def issued_at(self) -> int:
        return int(self.claims["iat"])

    @property
    def expires_at(self) -> int:
        return int(self.claims["exp"])

    @property
    def is_lasting(self) -> bool:
        """Whether later tokens of the same login tell that they are."""
        return self._login is not None

    @property
    def sid(self) -> str:
        """Of the session that this token belongs to, the same however often it is computed."""
        kind, value = self._login or ("token", self.text("jti") or self.token_digest)
        seed = f"{self.digest}\n{kind}\n{value}"
        return hashlib.sha256(seed.encode()).hexdigest()[:24]

    @property
    def _login(self) -> tuple[str, str] | None:
        """Cognito names the login by `origin_jti`, others by `sid`."""
        return next(((name, text) for name in ("origin_jti", "sid") if (text := self.text(name))), None)

    @property
    def had_second_factor(self) -> bool:
        methods = self.claims.get("amr")
        return isinstance(methods, list) and "mfa" in methods

    @property
    def verified_email(self) -> str | None:
        """The canonical form of an address that the issuer says it has verified, if its word counts for that."""
        said = self.claims.get("email_verified")
        is_verified = said is True or said == "true"  # Cognito says it as text
        return names.email(self.text("email")) if is_verified and self.issuer.email_trusted else None

    @property
    def label(self) -> str:
        """What its owner knows it by."""
        candidates = ("email", "preferred_username", "cognito:username", "username", "nickname", "name")
        return next((text for name in candidates if (text := self.text(name))), "")[:LABEL_MAX]

    def text(self, name: str) -> str:
        """A claim that is text, else nothing."""
        value = self.claims.get(name)
        return value if isinstance(value, str) else ""
