"""Who somebody is with a login provider.

Access patterns: the account of an issuer's subject (the claim) · the issuers of an account (`OIDC_LINK#` in the
user's partition) · whether a token of an issuer has been seen before · a login by code that waits for its second
factor.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from echomate import keys, table
from echomate.table import Item


class OidcClaim(Item, discriminator="oidc_claim"):
    user = NumberAttribute(attr_name="User")
    issuer = UnicodeAttribute(attr_name="Issuer")


class OidcLink(Item, discriminator="oidc_link"):
    """The claim as seen from the account."""

    issuer = UnicodeAttribute(attr_name="Issuer")
    label = UnicodeAttribute(attr_name="Label", default="")
    """What the issuer calls them, so that its owner knows one account there from another."""
    nonce = UnicodeAttribute(attr_name="Nonce", null=True)
    """By this a creation that is tried again knows its first try."""

    @property
    def digest(self) -> str:
        return self.sk.removeprefix(keys.OIDC_LINK)


class OidcSighting(Item, discriminator="oidc_sighting"):
    """A token of an issuer has had its session. It outlives the session, which so is never made anew."""

    digest = UnicodeAttribute(attr_name="Digest")
    """Of the issuer and the subject."""

    @property
    def sid(self) -> str:
        return self.sk.removeprefix(keys.OIDC_SEEN)


class OidcLogin(Item, discriminator="oidc_login"):
    """A code was exchanged, and the account asks for a second factor: the same call again, with one, goes on."""

    digest = UnicodeAttribute(attr_name="Digest")
    """Of the issuer and the subject. It leads to the account as long as the claim is there."""
    address_claim = UnicodeAttribute(attr_name="AddressClaim", null=True)
    """Where there is no such claim yet: the partition of the address's, which both sides have verified."""
    credential_version = NumberAttribute(attr_name="CredentialVersion")


def oidc_claim(user: int, digest: str, *, issuer: str) -> OidcClaim:
    partition, sort = keys.oidc_claim(digest)
    return OidcClaim(pk=partition, sk=sort, created_at=table.clock(), user=user, issuer=issuer)


def oidc_link(user: int, digest: str, *, issuer: str, label: str, nonce: str | None = None) -> OidcLink:
    partition, sort = keys.oidc_link(user, digest)
    return OidcLink(pk=partition, sk=sort, created_at=table.clock(), issuer=issuer, label=label, nonce=nonce)


def oidc_sighting(user: int, sid: str, *, digest: str, expires_at: int) -> OidcSighting:
    partition, sort = keys.oidc_sighting(user, sid)
    return OidcSighting(pk=partition, sk=sort, created_at=table.clock(), expires_at=expires_at, digest=digest)
