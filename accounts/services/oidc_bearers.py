"""Bearer tokens of login providers: whose they are, and the session of each.

A token has its session from the moment it is first seen. A sighting, which outlives it, keeps an ended one from being
made anew. What was verified is remembered in the process by the token's hash, and costs no round trip from then on.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from accounts import sessions, tokens
from accounts.models import ACTIVE, OidcSighting, Session, User, oidc_sighting
from accounts.oidc import Identity, issuer_of, verify_bearer
from accounts.oidc.providers import Provider, provider
from accounts.oidc.verifying import LEEWAY_SECONDS, TokenRefused
from accounts.origins import NOWHERE, Origin
from accounts.services import second_factors
from accounts.services.oidc_accounts import account_of
from echomate import keys, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Unauthenticated
from echomate.ids import now_seconds

REMEMBERED = 8192
LASTING_SECONDS = 400 * 86_400
"""How long it is remembered that a login at a provider, whose tokens are renewed, had its session."""
EXTENSION_SECONDS = 86_400
ASK_FOR_SECOND = "The account asks for a second factor: log in by POST /auth/oidc."


class _Known(NamedTuple):
    user: int
    sid: str
    expires_at: int
    provider: Provider
    generation: int

    @property
    def is_good(self) -> bool:
        """Whether nothing has happened since it was verified."""
        is_alive = self.expires_at + LEEWAY_SECONDS > time.time()
        return is_alive and self.generation == self.provider.generation and self.provider.is_settled


_known: OrderedDict[bytes, _Known] = OrderedDict()
_lock = threading.Lock()


def remembered(token: str) -> tuple[int, str] | None:
    """User and session of a token that this process has verified."""
    digest = _digest(token)
    known = _known.get(digest)
    if known is None or not known.is_good:
        return None
    with _lock:
        if digest in _known:
            _known.move_to_end(digest)
    return known.user, known.sid


def recognised(token: str, *, origin: Origin = NOWHERE) -> tuple[int, str] | None:
    """User and session of a provider's token; None where it names no provider of the settings.

    Makes the session, and the account, at first sight. Raises `Unauthenticated`, `DependencyAway`.
    """
    issuer = issuer_of(token)
    if issuer is None:
        return None
    source = provider(issuer)
    generation = source.generation
    try:
        identity = verify_bearer(token, issuer)
    except TokenRefused as refusal:
        raise tokens.expired() if refusal.is_expired else tokens.invalid() from refusal
    user = _with_session(identity, origin)
    if generation == source.generation:
        _remember(token, _Known(user, identity.sid, identity.expires_at, source, generation))
    return user, identity.sid


def _remember(token: str, known: _Known) -> None:
    with _lock:
        _known[_digest(token)] = known
        if len(_known) > REMEMBERED:
            _known.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _with_session(identity: Identity, origin: Origin) -> int:
    """The user, whose session of this login has been made, now or before."""
    user, _, unlinked = account_of(identity)
    if unlinked:
        raise Unauthenticated(ASK_FOR_SECOND, type="otp-required")
    sighting = OidcSighting.read(keys.oidc_sighting(user.id, identity.sid))
    if sighting is None:
        _begin(user, identity, origin)
    elif identity.is_lasting:
        _extend(user, identity)
    return user.id


def _begin(user: User, identity: Identity, origin: Origin) -> None:
    """The first session of a login. Raises where the user's state, or an ending since its token's issue, forbids it."""
    if user.state != ACTIVE:
        raise Unauthenticated(type="session-revoked")
    if second_factors.has_one(user) and not identity.had_second_factor:
        raise Unauthenticated(ASK_FOR_SECOND, type="otp-required")
    session = _session(user, identity, origin)
    seen_until = int(session.expires_at or 0) + (LASTING_SECONDS if identity.is_lasting else LEEWAY_SECONDS)
    sighting = oidc_sighting(user.id, identity.sid, digest=identity.digest, expires_at=seen_until)
    claimed = transactions.check(keys.oidc_claim(identity.digest), condition="#User = :user", user=user.id)
    parts = [transactions.put(sighting), _still(user, identity), claimed, transactions.put(session)]
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        if error.code != "TransactionCanceledException":
            raise
        if not transactions.failed(error, 0):
            raise Unauthenticated(type="session-revoked") from error


def _still(user: User, identity: Identity) -> Wire:
    """The user is as it was read, and has not ended all sessions since the token was issued."""
    return transactions.check(
        keys.user(user.id),
        condition="#State = :active AND #CredentialVersion = :version"
        " AND (attribute_not_exists(#SessionsEndedAt) OR #SessionsEndedAt < :issued)",
        active=ACTIVE,
        version=int(user.credential_version),
        issued=identity.issued_at,
    )


def _session(user: User, identity: Identity, origin: Origin) -> Session:
    session = sessions.new_session(
        user.id, origin=origin, methods=["oidc"], credential_version=int(user.credential_version)
    )
    session.sk = keys.session(user.id, identity.sid)[1]
    session.expires_at = _end(session, identity)
    return session


def _end(session: Session, identity: Identity) -> int:
    """A login whose tokens are renewed lasts as one of ours would; else the token's end is the session's."""
    own = now_seconds() + config.refresh_token_seconds
    end = max(own, identity.expires_at) if identity.is_lasting else identity.expires_at + LEEWAY_SECONDS
    return min(end, int(session.ends_at or end))


def _extend(user: User, identity: Identity) -> None:
    """A login goes on with another token; one that has ended stays so."""
    key = keys.session(user.id, identity.sid)
    session = Session.read(key)
    if session is None:
        return
    end = _end(session, identity)
    if int(session.expires_at or 0) >= end - EXTENSION_SECONDS:
        return
    sighting = oidc_sighting(user.id, identity.sid, digest=identity.digest, expires_at=end + LASTING_SECONDS)
    later = transactions.update(
        key,
        change="SET #ExpiresAt = :end",
        condition="attribute_exists(PK) AND #ExpiresAt > :now",
        end=end,
        now=now_seconds(),
    )
    try:
        transactions.commit([later, transactions.put(sighting, condition="")])
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
