"""A forgotten password: the link that is mailed, and the new password that it allows."""

import logging

from accounts import devices, guessing, mail, mail_links, passwords, sessions
from accounts.models import ERASING, SUSPENDED, MailToken, Purpose, User, passkeys_of
from accounts.origins import NOWHERE, Origin
from accounts.passwords import Owner
from accounts.services import oidc_links
from echomate import cache, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway, Invalid
from echomate.stream import wake

KIND = "reset-link"
TRIES = 4
EVERY_STATE = (SUSPENDED, ERASING)
"""Beside active: safety is said to all."""

logger = logging.getLogger(__name__)


def ask_for_reset(address: str) -> None:
    """Have a link mailed to whose address it is, if it is anybody's: one write, whoever asks for whom.

    The job holds a hash of the address, and its worker finds out.
    """
    jobs.add(jobs.job(KIND, {"claim": keys.email_claim(address)[0], "nonce": mail_links.new_nonce()}))
    cache.forget_parts([wake.COMMAND])


def send_link(user: User, *, nonce: str, job: int) -> None:
    """Mail the link, in any state of the account.

    A suspended one stays suspended, but its owner can shut out who knows the old password; one that is being erased
    needs a password to be restored by a login. Who has only logged in elsewhere gets a first password, if the address
    was verified: what an issuer says of an address opens no account.
    """
    if not (user.password_hash or user.email_verified):
        return
    address = str(user.email)
    link = mail_links.issue(Purpose.RESET, nonce, user=user, address=address, job=job)
    if link is not None:
        mail.send("reset", to=user, message_id=job, context={"link": link})


def reset_password(token: str, password: str, *, origin: Origin = NOWHERE) -> None:
    """Set a password by a link, once; all sessions end, the second factors of a verified address stay.

    That the link came shows that the address is theirs, and a login from where it was used isn't a stranger's. Where
    nobody had shown that before, a stranger may have made the account: login providers and second factors, by which
    he would open it or keep its owner out, go, and what he changes meanwhile voids no link.
    Raises `Invalid`: `link-invalid`, or a weak password, which doesn't use the link up.
    """
    found = mail_links.find(token, Purpose.RESET)
    user = _owner(found)
    if faults := passwords.faults(password, Owner(user.username, found.address, user.full_name)):
        raise Invalid(errors={"password": faults})
    password_hash = passwords.make(password)
    tries = TRIES
    while not _set_password(found, user, password_hash):
        tries -= 1
        if not tries:
            raise DependencyAway("dynamodb", "The account is being changed by too many at once.")
        user = _owner(found)
    for login in (user.username, found.address):
        guessing.trust(guessing.PASSWORDS, login, origin)
    if not user.email_verified:
        oidc_links.forget_links(user.id)
    end_sessions(user.id)
    cache.forget_parts([("DEL", keys.cached_user(user.id)), wake.COMMAND])


def _owner(found: MailToken) -> User:
    """Whose address the link went to, as long as it is theirs."""
    user = User.read(keys.user(int(found.user)))
    if user is None or user.email != found.address:
        raise mail_links.invalid(Purpose.RESET)
    return user


def _set_password(found: MailToken, user: User, password_hash: str) -> bool:
    """Use the link up; False where a stranger's account has other credentials by now than were read."""
    is_strangers = not user.email_verified
    if is_strangers:
        oidc_links.forget_links(user.id)  # before, too: later there is no second try
    parts = [
        mail_links.use(found),
        *_new_password(found, user, password_hash),
        jobs.put_item(_notice(user)),
        *(_without_factors(user) if is_strangers else []),
    ]
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        if transactions.CONDITION_FAILED not in error.reasons:
            raise
        if is_strangers and transactions.failed(error, 1) and not transactions.failed(error, 0):
            return False
        raise mail_links.invalid(Purpose.RESET) from error
    return True


def end_sessions(user: int) -> None:
    """End all sessions and know no device any more, after a change that can't be done again.

    Raises `DependencyAway`, which says that the change stands; what doesn't end here, the projector ends.
    """
    try:
        sessions.end_all(user)
        devices.forget_all(user)
    except DependencyAway as away:
        raise DependencyAway(
            away.dependency, "This is done, but sessions that were open before may go on for a moment."
        ) from away


def _notice(user: User) -> jobs.Job:
    left = str(user.passkeys or "") if user.email_verified else ""
    removed = "" if user.email_verified or not (user.totp or user.passkeys) else "yes"
    return mail.job("password-reset", to=user.id, also=EVERY_STATE, passkeys=left, removed=removed)


def _without_factors(user: User) -> list[Wire]:
    """Right for the credential version that was read before."""
    passkeys = [keys.passkey(user.id, one.id) for one in passkeys_of(user.id)]
    gone = [*passkeys, keys.totp(user.id), keys.pending_totp(user.id), keys.recovery_codes(user.id)]
    return [transactions.delete(key) for key in gone]


def _new_password(found: MailToken, user: User, password_hash: str) -> list[Wire]:
    """Not where the address has changed since the link was mailed, or the credentials of one who had verified it."""
    version = found.credential_version if user.email_verified else user.credential_version
    change = (
        "SET #PasswordHash = :hash, #EmailVerified = :yes, #UpdatedAt = :now, #Passkeys = :passkeys, #Totp = :totp"
        " ADD #CredentialVersion :one, #Version :one"
    )
    return [
        transactions.update(
            keys.user(int(found.user)),
            change=change,
            condition="#Email = :address AND #CredentialVersion = :version",
            hash=password_hash,
            passkeys=int(user.passkeys) if user.email_verified else 0,
            totp=bool(user.totp and user.email_verified),
            yes=True,
            now=table.clock(),
            one=1,
            address=found.address,
            version=int(version),
        ),
        verified_claim(found),
    ]


def verified_claim(found: MailToken) -> Wire:
    """The part of a transaction that calls an address verified, as long as it is the user's."""
    return transactions.update(
        keys.email_claim(found.address),
        change="SET #Verified = :yes",
        condition="#User = :user",
        yes=True,
        user=int(found.user),
    )
