"""Jobs of accounts."""

import hashlib
import logging
from typing import Any

from accounts import erasure_job, mail, mail_links
from accounts.models import ACTIVE, Purpose, User
from accounts.services import addresses, erasing, resetting
from echomate import jobs, keys
from echomate.errors import RateLimited
from echomate.jobs import Job
from echomate.throttling import Limit, Policy

UNVERIFIED = Policy("unverified-mail", 20, 24 * 3600, guards=True, scope="own")
"""Mail of accounts to an address that nobody has shown to be theirs; the links that one asks for have limits of their
own."""

logger = logging.getLogger(__name__)


@jobs.runs(mail.KIND)
def send_mail(payload: dict[str, Any], job: Job) -> None:
    """Run twice, it sends the same message with the same Message-ID and the same link again.

    Nothing is sent to one who is gone or has no address any more, nor when the link was used meanwhile,
    or another was asked for.
    """
    user = User.read(keys.user(int(payload["user"])))
    if user is None or user.state not in (ACTIVE, *payload["also"]):
        return
    address = payload["address"] or user.email
    version = payload["credential_version"]
    if address is None or version not in (None, int(user.credential_version)):
        return
    if payload["link"] == Purpose.CHANGE_EMAIL and user.address_change != job.id:
        return
    if not (user.email_verified or payload["address"]) and _has_enough(address):
        return
    context = dict(payload["context"])
    if payload["has_code"]:
        context["code"] = mail_links.code_of(payload["nonce"])
    if payload["link"]:
        link = mail_links.issue(
            Purpose(payload["link"]), payload["nonce"], user=user, address=address, job=job.id
        )
        if link is None:
            return
        context["link"] = link
    mail.send(payload["template"], to=user, message_id=job.id, address=address, context=context)


def _has_enough(address: str) -> bool:
    """Whether an address that may be a stranger's has got its share: what is done to an account is told it by mail."""
    try:
        Limit(UNVERIFIED, hashlib.blake2b(address.encode(), digest_size=12).hexdigest()).count()
    except RateLimited:
        logger.warning(
            "no more mail to an address that was never verified", extra={"policy": UNVERIFIED.name}
        )
        return True
    return False


@jobs.runs(resetting.KIND, is_kept=False)
def send_reset_link(payload: dict[str, Any], job: Job) -> None:
    """Run twice, it sends the same link again, unless it was used."""
    user = addresses.owner_of(payload["claim"])
    if user is not None:
        resetting.send_link(user, nonce=payload["nonce"], job=job.id)


@jobs.runs(addresses.KIND, is_kept=False)
def send_verify_link(payload: dict[str, Any], job: Job) -> None:
    """As `send_reset_link`."""
    user = addresses.owner_of(payload["claim"])
    if user is not None:
        addresses.send_link(user, nonce=payload["nonce"], job=job.id)


@jobs.runs(erasing.KIND, lease_seconds=15, attempts=100, is_kept=False)
def erase_account(payload: dict[str, Any], job: Job) -> None:
    """Goes on from where it was; see `erasure_job`."""
    erasure_job.erase(int(payload["user"]), erased_at=int(payload["erased_at"]), job=job.id)
