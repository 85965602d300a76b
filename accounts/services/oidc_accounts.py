"""The account of somebody whom a login provider knows: found by its claim, linked, or made at first sight."""

import unicodedata
from typing import NamedTuple

from accounts import mail
from accounts.models import (
    ACTIVE,
    EmailClaim,
    OidcClaim,
    User,
    claim_username,
    new_user,
    oidc_claim,
    oidc_link,
)
from accounts.models.claims import claim_address
from accounts.oidc import usernames
from accounts.oidc.identities import Identity, Subject
from accounts.services import imitating, second_factors
from accounts.services.logging_in import refuse_by_state
from echomate import cache, ids, jobs, keys, languages, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway, Unauthenticated
from echomate.stream import wake

TRIES = 4
FULL_NAME_MAX = 50
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Account(NamedTuple):
    user: User
    is_new: bool
    unlinked: Subject | None = None
    """Known by the address alone, and not linked yet: the account's second factor has to be shown before."""


def account_of(identity: Identity) -> Account:
    """The account, in whatever state, whose identity it is. Two first logins at once make one."""
    for _ in range(TRIES):
        if known := owner_of(identity):
            return Account(known, is_new=False)
        if known := _owner_of_address(identity):
            if second_factors.has_one(known):
                return Account(known, is_new=False, unlinked=identity.subject)
            if link_by_address(known, identity.subject):
                return Account(known, is_new=False)
            continue
        if made := _created(identity):
            return Account(made, is_new=True)
    raise DependencyAway("oidc", "Too many log in for the first time at the same moment.")


def owner_of(identity: Identity) -> User | None:
    """The user who has the claim; None where there is no claim."""
    return owner_by(identity.digest)


def owner_by(digest: str) -> User | None:
    """The same by what stands for issuer and subject in keys."""
    claim = OidcClaim.read(keys.oidc_claim(digest))
    if claim is None:
        return None
    user = User.read(keys.user(int(claim.user)))
    if user is None:
        raise Unauthenticated(type="oidc-refused")
    return user


def link_parts(
    user: User, subject: Subject, *, condition: str, nonce: str | None = None, **values: object
) -> list[Wire]:
    """The writes that make a login that is nobody's a user's: claim, user, link, and the mail that says so."""
    issuer = subject.issuer
    told = mail.job("login-provider-linked", to=user.id, provider=issuer.name or issuer.issuer)
    return [
        transactions.put(oidc_claim(user.id, subject.digest, issuer=issuer.issuer)),
        transactions.check(
            keys.user(user.id), condition=f"#State = :active AND {condition}", active=ACTIVE, **values
        ),
        transactions.put(
            oidc_link(user.id, subject.digest, issuer=issuer.issuer, label=subject.label, nonce=nonce)
        ),
        jobs.put_item(told),
    ]


def _owner_of_address(identity: Identity) -> User | None:
    """Where both sides have verified the same address, and the issuer's word counts for that."""
    address = identity.verified_email
    user = verified_owner(keys.email_claim(address)[0]) if address else None
    if user is not None:
        refuse_by_state(user)
    return user


def verified_owner(claim: str) -> User | None:
    """Who has shown that an address is theirs, by the partition of its claim."""
    found = EmailClaim.read((claim, keys.CLAIM))
    user = User.read(keys.user(int(found.user))) if found else None
    is_theirs = user and found and user.email == found.email and user.email_verified
    return user if is_theirs else None


def link_by_address(user: User, subject: Subject) -> bool:
    """Let a login at a provider open the account that has its address; not where either has changed meanwhile.

    Only for one who has shown the account's second factor, if there is one.
    """
    condition = "#Email = :address AND #EmailVerified = :yes AND #CredentialVersion = :version"
    version = int(user.credential_version)
    parts = link_parts(user, subject, condition=condition, address=user.email, yes=True, version=version)
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        if error.code != "TransactionCanceledException":
            raise
        return False
    cache.forget_parts([wake.COMMAND])
    return True


def _created(identity: Identity) -> User | None:
    """A new account, None where another first login was there before."""
    id_, address = ids.new_id(), identity.verified_email
    names = usernames.candidates(identity)
    username = next(names, None)
    while username is not None:
        user = _new_user(identity, id_, username, address)
        try:
            transactions.commit(_creation(user, identity))
        except DynamoDBError as error:
            if transactions.failed(error, 0):
                return None
            if transactions.failed(error, 1) or transactions.failed(error, -1):
                username = next(names, None)
            elif address is not None and transactions.failed(error, 2):
                address = None
            else:
                raise
        else:
            cache.forget_parts([("DEL", keys.cached_username(username)), wake.COMMAND])
            return user
    return None


def _new_user(identity: Identity, id_: int, username: str, address: str | None) -> User:
    user = new_user(id_=id_, username=username, email=address)
    user.email_verified = address is not None
    name = _shown(identity.text("name"))
    user.full_name = "" if imitating.fault_of(name) else name
    if language := languages.offered(identity.text("locale")):
        user.settings.locale = language
    return user


def _shown(name: str) -> str:
    """A name without what can't be seen, and of a length that may be."""
    seen = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in INVISIBLE)
    return " ".join(seen.split())[:FULL_NAME_MAX]


def _creation(user: User, identity: Identity) -> list[Wire]:
    issuer = identity.issuer.issuer
    address = [claim_address(user, user.email, verified=True)] if user.email else []
    return [
        transactions.put(oidc_claim(user.id, identity.digest, issuer=issuer)),
        claim_username(user.username, user=user.id),
        *address,
        transactions.put(user),
        transactions.put(oidc_link(user.id, identity.digest, issuer=issuer, label=identity.label)),
        imitating.check(user.username, by=user.id),
    ]
