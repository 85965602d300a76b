"""What the links in mails do, and to whom they were sent.

Access patterns: by the SHA-256 of the token · those of a user, GSI1 `TOKENS_OF#u` by the id of the mail's job.
"""

from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from accounts.models.users import User
from echomate import ids, keys, table
from echomate.table import Item


class Purpose(StrEnum):
    """What a link is good for; for anything else it is none."""

    VERIFY = "verify"
    CHANGE_EMAIL = "change-email"
    RESET = "reset"
    UNDO = "undo"
    RESTORE = "restore"


class MailToken(Item, discriminator="mail_token"):
    """The token itself is nowhere but in the mail. A used one stays, so that a mail sent again revives nothing."""

    purpose = UnicodeAttribute(attr_name="Purpose")
    user = NumberAttribute(attr_name="User")
    address = UnicodeAttribute(attr_name="Address")
    """Where the mail went."""
    credential_version = NumberAttribute(attr_name="CredentialVersion")
    """The user's when it was sent."""
    used_at = NumberAttribute(attr_name="UsedAt", null=True)
    """Unix milliseconds."""

    @property
    def job(self) -> int:
        """The job of the mail that it went in."""
        return int(self.gsi1sk or 0)


def mail_token(
    purpose: Purpose, user: User, *, digest: str, address: str, expires_at: int, job: int
) -> MailToken:
    """`expires_at` is in Unix seconds."""
    partition, sort = keys.mail_token(digest)
    return MailToken(
        pk=partition,
        sk=sort,
        gsi1pk=keys.mail_tokens_of(user.id),
        gsi1sk=ids.pad(job),
        created_at=table.clock(),
        expires_at=expires_at,
        purpose=purpose.value,
        user=user.id,
        address=address,
        credential_version=int(user.credential_version),
    )
