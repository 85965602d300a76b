"""Showing that an e-mail address is one's own."""

from accounts import mail, mail_links
from accounts.models import ACTIVE, EmailClaim, MailToken, Purpose, User
from accounts.services import changing_email
from accounts.services.resetting import verified_claim
from echomate import cache, jobs, keys, table, transactions
from echomate.stream import wake

KIND = "verify-link"


def ask_for_verification(address: str) -> None:
    """Have a link mailed to whose address it is, if it has yet to be verified: one write, whoever asks for whom."""
    jobs.add(jobs.job(KIND, {"claim": keys.email_claim(address)[0], "nonce": mail_links.new_nonce()}))
    cache.forget_parts([wake.COMMAND])


def send_link(user: User, *, nonce: str, job: int) -> None:
    """Mail the link that verifies an address, to one who may use the account and hasn't done so."""
    if user.state != ACTIVE or user.email_verified:
        return
    link = mail_links.issue(Purpose.VERIFY, nonce, user=user, address=str(user.email), job=job)
    if link is not None:
        mail.send("verify", to=user, message_id=job, context={"link": link})


def owner_of(claim: str) -> User | None:
    """Whose present address it is, by the partition of its claim; a former one's is nobody's."""
    found = EmailClaim.read((claim, keys.CLAIM))
    user = User.read(keys.user(int(found.user))) if found else None
    return user if user and found and user.email == found.email else None


def verify(token: str) -> None:
    """Do what a link that went to an address allows: call it verified, or make it the account's.

    Raises `Invalid` (`link-invalid`), and `Conflict` (`email-taken`) where the new one is another's by now.
    """
    found = mail_links.find(token, Purpose.VERIFY, Purpose.CHANGE_EMAIL)
    act = _verify if found.purpose == Purpose.VERIFY else changing_email.change
    act(found)
    cache.forget_parts([("DEL", keys.cached_user(int(found.user))), wake.COMMAND])


def _verify(found: MailToken) -> None:
    known = transactions.update(
        keys.user(int(found.user)),
        change="SET #EmailVerified = :yes, #UpdatedAt = :now ADD #Version :one",
        condition="#Email = :address",
        yes=True,
        now=table.clock(),
        one=1,
        address=found.address,
    )
    mail_links.redeem(found, [known, verified_claim(found)])
