"""The login providers of an account: shown, added, taken away."""

from accounts import mail, sessions
from accounts.models import OidcClaim, OidcLink, OidcSighting, User
from accounts.oidc import CodeGrant, Identity, redeem
from accounts.services.oidc_accounts import link_parts
from echomate import cache, jobs, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, NotFound
from echomate.idempotency import Creation
from echomate.stream import wake


def links_of(user: int) -> list[OidcLink]:
    """Those of a user, the oldest first."""
    items = table.query(keys.user_partition(user), prefix=keys.OIDC_LINK)
    links = [OidcLink.from_raw_data(item) for item in items]
    return sorted(links, key=lambda link: int(link.created_at or 0))


def provider_name(link: OidcLink) -> str:
    """What people call the provider."""
    known = next((one for one in config.oidc_issuers if one.issuer == link.issuer), None)
    return (known.name if known else "") or link.issuer


def add_link(user: User, grant: CodeGrant, creation: Creation | None = None) -> OidcLink:
    """Let a provider log the user in, too; what is so already, or since an earlier try, stays so.

    Raises `Unauthenticated` (`oidc-refused`), `Conflict` where it is another account's or this one has changed.
    """
    added = _added_before(user, creation) if creation and creation.is_repeated else None
    if added is not None:
        return added
    identity = redeem(grant)
    unchanged = "#CredentialVersion = :version"
    parts = link_parts(
        user,
        identity.subject,
        condition=unchanged,
        nonce=creation.nonce if creation else None,
        version=int(user.credential_version),
    )
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            return _present(user, identity)
        if transactions.failed(error, 1):
            raise Conflict("The account's credentials changed meanwhile.") from error
        raise
    cache.forget_parts([wake.COMMAND])
    return _present(user, identity)


def _added_before(user: User, creation: Creation) -> OidcLink | None:
    """Without another look at the code, which is good for one login."""
    return next((link for link in links_of(user.id) if link.nonce == creation.nonce), None)


def _present(user: User, identity: Identity) -> OidcLink:
    claim = OidcClaim.read(keys.oidc_claim(identity.digest))
    link = OidcLink.read(keys.oidc_link(user.id, identity.digest))
    if claim is None or link is None or claim.user != user.id:
        raise Conflict("This login belongs to another account.")
    return link


def remove_link(user: User, digest: str) -> None:
    """Let a provider log the user in no more, and end the sessions of its tokens.

    Raises `NotFound`, and `Conflict` where nothing else would let the user in, or the account has changed.
    """
    links = links_of(user.id)
    gone = next((link for link in links if link.digest == digest), None)
    if gone is None:
        raise NotFound
    if not (user.password_hash or user.passkeys > 0 or len(links) > 1):
        raise Conflict("It is the only way into the account: set a password first, or add a passkey.")
    try:
        transactions.commit(_removal(user, gone))
    except DynamoDBError as error:
        if error.code == "TransactionCanceledException":
            raise Conflict("The account's credentials changed meanwhile.") from error
        raise
    cache.forget_parts([wake.COMMAND])
    for sid in _sids(user.id, digest):
        sessions.end(user.id, sid)


def forget_links(user: int, *, since: int = 0) -> None:
    """Let no provider log a user in any more that was added from a moment on, in Unix seconds, and tell it by mail.

    For where those who added them are not who has the address now; the sessions are ended beside it.
    """
    for link in links_of(user):
        if int(link.created_at or 0) >= since * 1000:
            transactions.commit(_gone(user, link, condition=f"{transactions.ABSENT} OR #User = :user"))
            cache.forget_parts([wake.COMMAND])


def _removal(user: User, link: OidcLink) -> list[Wire]:
    """The version moves, so that of two links that go at once one stays, and no login under way comes after."""
    return [
        transactions.update(
            keys.user(user.id),
            change="SET #CredentialVersion = :next",
            condition="#CredentialVersion = :version",
            version=int(user.credential_version),
            next=int(user.credential_version) + 1,
        ),
        *_gone(user.id, link, condition="#User = :user"),
    ]


def _gone(user: int, link: OidcLink, *, condition: str) -> list[Wire]:
    return [
        transactions.delete(keys.oidc_claim(link.digest), condition=condition, user=user),
        transactions.delete(keys.oidc_link(user, link.digest)),
        jobs.put_item(mail.job("login-provider-unlinked", to=user, provider=provider_name(link))),
    ]


def _sids(user: int, digest: str) -> list[str]:
    """Of the sessions that the provider's tokens have had."""
    items = table.query(keys.user_partition(user), prefix=keys.OIDC_SEEN)
    sightings = [OidcSighting.from_raw_data(item) for item in items]
    return [sighting.sid for sighting in sightings if sighting.digest == digest]
