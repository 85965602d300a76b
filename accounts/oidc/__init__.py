"""Login providers (OpenID Connect): what they publish, what their tokens say, and what their codes are worth.

Nothing here knows of accounts; it ends at an `Identity`.
"""

from accounts.oidc.exchanging import CodeGrant, redeem
from accounts.oidc.identities import Identity
from accounts.oidc.providers import configured_issuer
from accounts.oidc.verifying import issuer_of, verify_bearer

__all__ = ["CodeGrant", "Identity", "configured_issuer", "issuer_of", "redeem", "verify_bearer"]
