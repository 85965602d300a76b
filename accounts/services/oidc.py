"""Logging in, and showing who one is, with a code of a login provider."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from accounts import devices
from accounts.models import ERASING, OidcLogin, User
from accounts.oidc import CodeGrant, Identity, configured_issuer, redeem
from accounts.oidc.exchanging import may_lead_back
from accounts.oidc.identities import Subject
from accounts.oidc.verifying import LEEWAY_SECONDS
from accounts.origins import NOWHERE, Origin
from accounts.services import erasing, second_factors
from accounts.services.logging_in import LoggedIn, begin_session, refuse_by_state
from accounts.services.oidc_accounts import (
    Account,
    account_of,
    link_by_address,
    owner_by,
    owner_of,
    verified_owner,
)
from echomate import dynamodb, keys, table, transactions
from echomate.errors import Invalid, Unauthenticated
from echomate.ids import now_seconds

PENDING_SECONDS = 300
FRESH_SECONDS = 300


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What was shown beside the code, as the client gave it."""

    otp: str | None = field(default=None, repr=False)
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)


def code_grant(given: Mapping[str, Any]) -> CodeGrant:
    """A code as the client gave it. Raises `Invalid` where the settings don't know its provider or `redirect_uri`."""
    issuer = configured_issuer(given["issuer"])
    if issuer is None:
        raise Invalid(errors={"issuer": ["This provider is not one of those in GET /instance."]})
    if not may_lead_back(issuer, given["redirect_uri"]):
        raise Invalid(errors={"redirect_uri": ["Logins must not end there."]})
    return CodeGrant(
        issuer=issuer,
        redirect_uri=given["redirect_uri"],
        code=given["code"],
        code_verifier=given["code_verifier"],
        nonce=given.get("nonce", ""),
    )


def sign_in(
    grant: CodeGrant, *, second: SecondFactor, restore: bool = False, origin: Origin = NOWHERE
) -> LoggedIn:
    """Begin a session, of a new account at first sight; `restore` brings back one who has asked to be erased.

    Where the account asks for a second factor, the same call with one goes on within 5 minutes, although the code is
    used up; where it is being erased, so does the same call with `restore`. A provider that is known by the address
    alone is linked when all that has been shown. Raises `Unauthenticated` (`oidc-refused`,
    `otp-required`, …), `Forbidden` (`suspended`, `erasing`).
    """
    pending = _pending(grant)
    user, is_new, unlinked = pending or _redeemed(grant)
    refuse_by_state(user, restore=restore)
    origin = devices.recognised(user.id, origin)
    shown = second_factors.demand(user, otp=second.otp, passkey=second.passkey, origin=origin)
    if restore or user.state == ERASING:
        erasing.restore(user.id)
    if unlinked and not link_by_address(user, unlinked):
        raise Unauthenticated(type="oidc-refused")
    logged_in = begin_session(user, origin=origin, methods=["oidc", *shown], announce=not is_new)
    if pending is not None:
        _forget_pending(grant)
    return logged_in


def _redeemed(grant: CodeGrant) -> Account:
    identity = redeem(grant)
    account = account_of(identity)
    if second_factors.has_one(account.user) or account.user.state == ERASING:
        _keep_pending(grant, identity, account)
    return account


def verify_fresh_login(user: User, given: Mapping[str, Any]) -> None:
    """Raises `Unauthenticated` (`oidc-refused`) unless this user has logged in at the provider within 5 minutes."""
    identity = redeem(code_grant(given))
    owner = owner_of(identity)
    if owner is None or owner.id != user.id or not _is_fresh(identity):
        raise Unauthenticated(type="oidc-refused")


def _is_fresh(identity: Identity) -> bool:
    at = identity.claims.get("auth_time")
    now = now_seconds()
    return isinstance(at, int) and now - FRESH_SECONDS <= at <= now + LEEWAY_SECONDS


def _key(grant: CodeGrant) -> keys.Key:
    """Of the whole grant: only who holds the code's verifier finds the login that waits."""
    whole = (grant.issuer.issuer, grant.code, grant.code_verifier, grant.redirect_uri, grant.nonce)
    return keys.oidc_login(hashlib.sha256(orjson.dumps(whole)).hexdigest())


def _pending(grant: CodeGrant) -> Account | None:
    """That of a code that was exchanged already, if its credentials have not changed since."""
    login = OidcLogin.read(_key(grant))
    if login is None:
        return None
    user, unlinked = owner_by(login.digest), None
    if user is None and login.address_claim and grant.issuer.email_trusted:
        user = verified_owner(login.address_claim)
        unlinked = Subject(grant.issuer, login.digest, label=str(user.email)) if user else None
    if user is None or user.credential_version != login.credential_version:
        return None
    return Account(user, is_new=False, unlinked=unlinked)


def _keep_pending(grant: CodeGrant, identity: Identity, account: Account) -> None:
    partition, sort = _key(grant)
    address = identity.verified_email if account.unlinked else None
    login = OidcLogin(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        expires_at=now_seconds() + PENDING_SECONDS,
        digest=identity.digest,
        address_claim=keys.email_claim(address)[0] if address else None,
        credential_version=int(account.user.credential_version),
    )
    dynamodb.call("PutItem", transactions.put(login, condition="")["Put"])


def _forget_pending(grant: CodeGrant) -> None:
    dynamodb.call("DeleteItem", transactions.of(_key(grant)))
