"""Entities of accounts."""

from accounts.models.claims import (
    EmailClaim,
    LookalikeClaim,
    UsernameClaim,
    VerifiedName,
    claim_username,
    email_claim,
    hold_username,
    username_claim,
)
from accounts.models.erasures import Erasure, ErasureReceipt, erasure_receipt, new_erasure
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
from accounts.models.second_factors import (
    PendingTotp,
    RecoveryCodes,
    Totp,
    new_recovery_codes,
    new_totp,
    pending_totp,
    place_of,
)
from accounts.models.sessions import STEP_UP_SECONDS, KnownDevice, Session
from accounts.models.users import ACTIVE, ERASING, SUSPENDED, Picture, Settings, User, new_user

__all__ = [
    "ACTIVE",
    "ERASING",
    "STEP_UP_SECONDS",
    "SUSPENDED",
    "EmailClaim",
    "Erasure",
    "ErasureReceipt",
    "KnownDevice",
    "LookalikeClaim",
    "MailToken",
    "OidcClaim",
    "OidcLink",
    "OidcLogin",
    "OidcSighting",
    "Passkey",
    "PendingTotp",
    "Picture",
    "Purpose",
    "RecoveryCodes",
    "Session",
    "Settings",
    "Totp",
    "UsedChallenge",
    "User",
    "UsernameClaim",
    "VerifiedName",
    "claim_username",
    "email_claim",
    "erasure_receipt",
    "hold_username",
    "mail_token",
    "new_erasure",
    "new_recovery_codes",
    "new_totp",
    "new_user",
    "oidc_claim",
    "oidc_link",
    "oidc_sighting",
    "passkey_id",
    "passkeys_of",
    "pending_totp",
    "place_of",
    "username_claim",
]
