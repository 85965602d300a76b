"""Entities of accounts."""

from accounts.models.claims import EmailClaim, UsernameClaim, email_claim, username_claim
from accounts.models.mail_tokens import MailToken, Purpose, mail_token
from accounts.models.oidc import (
    OidcClaim,
    OidcLink,
    OidcLogin,
    OidcSighting,
    oidc_claim,
    oidc_link,
    oidc_sighting,
)
from accounts.models.passkeys import Passkey, UsedChallenge, passkey_id, passkeys_of
from accounts.models.sessions import Session
from accounts.models.users import ACTIVE, ERASING, SUSPENDED, Settings, User, new_user

__all__ = [
    "ACTIVE",
    "ERASING",
    "SUSPENDED",
    "EmailClaim",
    "MailToken",
    "OidcClaim",
    "OidcLink",
    "OidcLogin",
    "OidcSighting",
    "Passkey",
    "Purpose",
    "Session",
    "Settings",
    "UsedChallenge",
    "User",
    "UsernameClaim",
    "email_claim",
    "mail_token",
    "new_user",
    "oidc_claim",
    "oidc_link",
    "oidc_sighting",
    "passkey_id",
    "passkeys_of",
    "username_claim",
]
