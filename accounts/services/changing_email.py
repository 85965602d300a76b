"""Another e-mail address: confirmed at the new one, and taken back from the old one for 72 h."""

from accounts import mail, mail_links
from accounts.models import ACTIVE, EmailClaim, MailToken, Purpose, User
from accounts.models.claims import claim_address
from accounts.services import oidc_links
from accounts.services.removing_factors import Removal, removal
from accounts.services.resetting import EVERY_STATE, end_sessions
from echomate import cache, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, DependencyAway, Invalid
from echomate.ids import now_seconds
from echomate.stream import wake

UNDO_SECONDS = mail_links.LIFE_SECONDS[Purpose.UNDO]
TRIES = 4
"""How often a change is made anew where another edit of the user came between."""


def ask_for_change(user_id: int, address: str) -> None:
    """Mail a link to a new address, which changes nothing before it is used. Links asked for earlier are void.

    Whether the address is another's isn't told here: only who reads its mail gets to know. Raises `Invalid` where
    it is one's own already, `Conflict` where the credentials changed meanwhile.
    """
    user = User.read(keys.user(user_id))
    if user is None or user.email == address:
        raise Invalid(errors={"email": ["This is the address of the account already."]})
    version = int(user.credential_version)
    letter = mail.job(
        "change-email", to=user_id, link=Purpose.CHANGE_EMAIL, address=address, credential_version=version
    )
    asked = transactions.update(
        keys.user(user_id),
        change="SET #AddressChange = :job",
        condition="#State = :active AND #CredentialVersion = :version",
        job=letter.id,
        active=ACTIVE,
        version=version,
    )
    try:
        transactions.commit([asked, jobs.put_item(letter)])
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        raise Conflict("The account's credentials changed meanwhile.") from error
    cache.forget_parts([wake.COMMAND])


def change(found: MailToken) -> None:
    """Make the address of a link the account's, if no other change was asked for or made since.

    The old one, if verified, is held for 72 h. One that never was is given up at once and without a way back: it
    may be a stranger's. Raises `Invalid` (`link-invalid`), `Conflict` (`email-taken`).
    """
    for _ in range(TRIES):
        user = User.read(keys.user(int(found.user)))
        if user is None or not _is_good(found, user):
            raise mail_links.invalid(Purpose.CHANGE_EMAIL)
        if _changed(found, user):
            return
    raise DependencyAway("dynamodb", "The account is being changed by too many at once.")


def _is_good(found: MailToken, user: User) -> bool:
    return (
        user.state == ACTIVE
        and user.credential_version == found.credential_version
        and user.address_change == found.job
        and user.email != found.address
    )


def _changed(found: MailToken, user: User) -> bool:
    """Whether it was; not where the user isn't any more as it was read."""
    former = _former(user) + ([_entry(str(user.email))] if user.email_verified else [])
    parts = [
        mail_links.use(found),
        _address_of(
            user,
            found.address,
            former,
            more=" REMOVE #AddressChange",
            only_if=" AND #AddressChange = :job",
            job=found.job,
        ),
        claim_address(user, found.address, verified=True),
        *_left_claim(user),
    ]
    if user.email_verified:
        parts.append(jobs.put_item(_undo_letter(user)))
    return _committed(parts, Purpose.CHANGE_EMAIL)


def _committed(parts: list[Wire], purpose: Purpose) -> bool:
    """Commit the use of a link, the change of the user, the claim of the address, in this order, and more."""
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            raise mail_links.invalid(purpose) from error
        if transactions.failed(error, 1):
            return False
        if transactions.failed(error, 2):
            said = ["This address belongs to an account."]
            raise Conflict(type="email-taken", errors={"email": said}) from error
        if transactions.CONDITION_FAILED in error.reasons:  # the claim that is left has changed
            return False
        raise
    return True


def _address_of(
    user: User, address: str, former: list[Wire], *, more: str, only_if: str = "", **values: object
) -> Wire:
    """The part that gives a user, as it was read, another address, which is verified; `more` changes with it."""
    return transactions.update(
        keys.user(user.id),
        change="SET #Email = :address, #EmailVerified = :yes, #FormerAddresses = :former, #UpdatedAt = :now,"
        f" #Version = :next{more}",
        condition="#Version = :seen AND #CredentialVersion = :credentials AND "
        + ("#Email = :old" if user.email else "attribute_not_exists(#Email)")
        + only_if,
        address=address,
        yes=True,
        former=former,
        now=table.clock(),
        next=int(user.version) + 1,
        seen=int(user.version),
        credentials=int(user.credential_version),
        **({"old": user.email} if user.email else {}),
        **values,
    )


def _former(user: User) -> list[Wire]:
    """The addresses to which the account may still be put back, as the table has them."""
    since = now_seconds() - UNDO_SECONDS
    return [
        {"Address": former.address, "ChangedAt": int(former.changed_at)}
        for former in user.former_addresses
        if former.changed_at > since
    ]


def _entry(address: str) -> Wire:
    return {"Address": address, "ChangedAt": now_seconds()}


def _left_claim(user: User) -> list[Wire]:
    """What becomes of the claim of the address that is left, unless it is another's already."""
    if not user.email:
        return []
    key = keys.email_claim(user.email)
    claim = EmailClaim.read(key)
    if claim is None or claim.user != user.id:
        return []
    if not user.email_verified:
        return [transactions.delete(key, condition="#User = :user", user=user.id)]
    until = now_seconds() + UNDO_SECONDS
    change = "SET #ExpiresAt = :until"
    return [transactions.update(key, change=change, condition="#User = :user", until=until, user=user.id)]


def _undo_letter(user: User) -> jobs.Job:
    return mail.job("email-changed", to=user.id, link=Purpose.UNDO, address=str(user.email), also=EVERY_STATE)


def undo_change(token: str) -> None:
    """Put an address back that was changed for another within 72 h, whatever has come after it.

    Who changed it knew the password, so that is void, all sessions end, and a link to a new one is mailed to the
    address. Second factors and login providers that were added since then, of which the mail went elsewhere, go too.
    The undo links of later changes lose their force; an earlier one's keeps it. Works in any state of the account.
    Raises `Invalid` (`link-invalid`).
    """
    found = mail_links.find(token, Purpose.UNDO)
    for _ in range(TRIES):
        user = User.read(keys.user(int(found.user)))
        former = _former(user) if user else []
        places = [place for place, entry in enumerate(former) if entry["Address"] == found.address]
        if user is None or not places:
            raise mail_links.invalid(Purpose.UNDO)
        since = former[places[0]]["ChangedAt"]
        oidc_links.forget_links(user.id, since=since)  # before, too: later there is no second try
        if _undone(found, user, former[: places[0]], removal(user, since=since)):
            oidc_links.forget_links(user.id, since=since)
            end_sessions(user.id)
            return cache.forget_parts([("DEL", keys.cached_user(user.id)), wake.COMMAND])
    raise DependencyAway("dynamodb", "The account is being changed by too many at once.")


def _undone(found: MailToken, user: User, former: list[Wire], removed: Removal) -> bool:
    parts = [
        mail_links.use(found),
        _address_of(
            user,
            found.address,
            former,
            more=", #Totp = :totp, #Passkeys = :passkeys ADD #CredentialVersion :one"
            " REMOVE #PasswordHash, #AddressChange",
            totp=removed.totp,
            passkeys=removed.passkeys,
            one=1,
        ),
        claim_address(user, found.address, verified=True),
        jobs.put_item(_restored_letter(user, removed)),
        *removed.parts,
    ]
    if user.email and user.email != found.address:
        key = keys.email_claim(user.email)
        parts.append(transactions.delete(key, condition="#User = :user", user=user.id))
    return _committed(parts, Purpose.UNDO)


def _restored_letter(user: User, removed: Removal) -> jobs.Job:
    return mail.job(
        "email-restored",
        to=user.id,
        link=Purpose.RESET,
        also=EVERY_STATE,
        passkeys=str(removed.passkeys or ""),
        removed="yes" if removed.parts else "",
    )
